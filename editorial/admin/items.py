"""What the pages of articles and courses share.

The admin's own flow is kept: list, form, history. But every write is an action, and
every page begins by finding the item among those that the person may view; what they
may not view does not exist for them.
"""

from functools import partial
from uuid import UUID

from csp.decorators import csp_update
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import may
from cms.databases import EDITORIAL
from editorial import actions, press
from editorial.admin import (
    audience,
    before,
    links,
    people,
    preview,
    remarks,
    saving,
    stale,
    versions,
)
from editorial.admin.body import BodyWidget, words_of
from editorial.admin.filters import WithKeptFilters
from editorial.admin.house import HousePage, moment, origin_of
from editorial.admin.next_step import label_of, next_step
from editorial.admin.places import as_links
from editorial.admin.verbs import (
    VERBS,
    Offer,
    is_possible,
    offers,
    open_questions,
    refusals,
    standing_for,
)
from editorial.exceptions import Refused, StaleEdit
from editorial.models import (
    Category,
    EditorialTask,
    LiveSlug,
    Media,
    ReviewComment,
    Status,
    Version,
)

NOTES_SHOWN = 8
TASKS_SHOWN = 10


# --- The form ---------------------------------------------------------------------


class CategoryChoice(forms.ModelChoiceField):
    """The tree, indented."""

    def label_from_instance(self, category):
        return "\N{EM SPACE}" * category.depth + category.name


class SpecialistsJSON(forms.JSONField):
    """Nothing is shown as nothing, and not as "null"."""

    def prepare_value(self, value):
        return "" if value is None else super().prepare_value(value)


class ItemForm(forms.ModelForm):
    """Fields of an item. Knows the revision it was opened with, and who is writing."""

    category = CategoryChoice(Category.objects.all(), required=False)
    seen_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    summary = forms.CharField(
        required=False,
        max_length=500,
        label="What changed",
        widget=forms.TextInput(attrs={"placeholder": "What changed, in a few words"}),
    )

    user: User
    """Set by `ItemAdmin.get_form`."""
    item_fields: tuple = ()
    """Model fields that are written as they are."""
    merged: tuple = ()
    """Texts whose state at the opening is posted back, for a three-way look."""
    notes: tuple = ()
    """What the converter of the body has to say."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.stale = None
        for name in self.merged:
            if name in self.fields:
                self.fields[name].show_hidden_initial = True
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if "seen_revision" in self.fields:
            self.fields["seen_revision"].initial = self.instance.revision

    def clean_slug(self):
        slug = slugify(self.cleaned_data["slug"], allow_unicode=True)
        if self.cleaned_data["slug"] and not slug:
            raise ValidationError("An address is made of letters and digits.")
        return slug or self.instance.slug

    def clean_canonical_url(self):
        url = self.cleaned_data["canonical_url"]
        if url and not url.startswith(("https://", "http://")):
            raise ValidationError("The address must begin with https:// or http://.")
        return url

    def clean(self):
        cleaned = super().clean()
        self._refuse_stale(cleaned)
        return cleaned

    def _refuse_stale(self, cleaned):
        """Somebody saved meanwhile: keep this person's text, show theirs."""
        seen = cleaned.get("seen_revision")
        if self.instance._state.adding or seen == self.instance.revision:
            return
        if seen is None:
            raise ValidationError(
                "The form does not say which text it was opened with. Copy what you "
                "wrote, reload the page and save again."
            )
        # Before _post_clean: the instance still is what the database holds.
        self.stale = stale.compare(self)
        raise ValidationError(
            "Somebody else saved this while you were writing. Your text is below, "
            "nothing of it is lost, and theirs was not overwritten. Compare the two, "
            "then save again.",
            code="stale",
        )

    def write(self, item):
        """Put what was entered on the locked item, inside `actions.editing`."""
        for name in self.item_fields:
            if name in self.cleaned_data:
                setattr(item, name, self.cleaned_data[name])
        item.slug = item.slug or self.instance.slug
        if "tags" in self.cleaned_data:
            item.tags.set(self.cleaned_data["tags"])


SEO = (
    "meta_title",
    "meta_description",
    "meta_keywords",
    "canonical_url",
    "og_title",
    "og_description",
    "og_image",
    "no_index",
    "no_follow",
    "structured_data",
)


# --- The list ---------------------------------------------------------------------


class ItemList(ChangeList):
    """Rows without the heavy columns of their versions."""

    def get_queryset(self, *args, **kwargs):
        found = super().get_queryset(*args, **kwargs)
        heavy = ("snapshot", "rendered", "diff_from_previous")
        return found.defer(
            "structured_data",
            *(f"live_version__{name}" for name in heavy),
        )


class StatusFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [*Status.choices, ("live", "Live for readers"), ("held", "Held back")]

    def queryset(self, request, queryset):
        value = self.value()
        if value == "live":
            return queryset.live()
        if value == "held":
            return queryset.exclude(held_reason="")
        return queryset.in_status(value) if value in Status.values else queryset


class WhoseFilter(admin.SimpleListFilter):
    title = "whose"
    parameter_name = "whose"

    def lookups(self, request, model_admin):
        return [("mine", "Mine"), ("assigned", "Assigned to me")]

    def queryset(self, request, queryset):
        if self.value() == "mine":
            return queryset.filter(**{queryset.model.OWNER_FIELD: request.user})
        if self.value() == "assigned":
            return queryset.filter(assigned_editor=request.user)
        return queryset


class SectionFilter(admin.SimpleListFilter):
    """A category with everything below it; the two upper levels of the tree."""

    title = "category"
    parameter_name = "section"

    def lookups(self, request, model_admin):
        upper = Category.objects.filter(depth__lte=1)[:100]
        return [(str(one.pk), "\N{EM SPACE}" * one.depth + one.name) for one in upper]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        section = Category.objects.filter(pk=uuid_or_none(self.value())).first()
        if section is None:
            return queryset
        below = Category.objects.subtree_of(section)
        return queryset.filter(category__in=below.values("pk"))


def uuid_or_none(text):
    try:
        return UUID(str(text))
    except ValueError:
        return None


# --- The admin --------------------------------------------------------------------


class ItemAdmin(WithKeptFilters, HousePage):
    form = ItemForm
    change_form_template = "admin/editorial/item/change_form.html"
    change_list_template = "admin/editorial/item/change_list.html"
    list_display = ("name", "state", "owner_name", "section", "changed")
    list_display_links = ("name",)
    list_filter = (StatusFilter, WhoseFilter, SectionFilter)
    search_fields = ("title",)
    search_help_text = "Words of the title, or an id."
    ordering = ("-updated_at", "-id")
    autocomplete_fields = ("tags", "featured_image", "og_image")
    actions = None
    formfield_overrides = {
        **HousePage.formfield_overrides,
        models.JSONField: {"form_class": SpecialistsJSON},
    }

    # Rights ------------------------------------------------------------------

    def has_view_permission(self, request, obj=None):
        return may(request.user, "view", obj)

    def has_add_permission(self, request):
        return may(request.user, "create")

    def has_change_permission(self, request, obj=None):
        """Whether a save would be accepted in the item's present state."""
        if obj is None:
            return may(request.user, "edit")
        user = request.user
        if obj.status == Status.ARCHIVED:
            return False
        if obj.status in (Status.PENDING_REVIEW, Status.IN_REVIEW):
            return may(user, "edit_in_review", obj)
        if obj.status in (Status.APPROVED, Status.SCHEDULED):
            return may(user, "reopen", obj) and may(user, "edit", obj)
        if obj.status in (Status.PUBLISHED, Status.UNPUBLISHED):
            return may(user, "revise", obj) and may(user, "edit", obj)
        return may(user, "edit", obj)

    def has_delete_permission(self, request, obj=None):
        """Nothing is deleted here; what is not wanted goes to the archive."""
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def find(self, request, pk):
        """The item, if this person may view it; otherwise there is none."""
        item = self.get_queryset(request).filter(pk=pk).first()
        if item is None or not may(request.user, "view", item):
            raise Http404(f"There is no such {self.opts.verbose_name}.")
        return item

    # The list ----------------------------------------------------------------

    def get_changelist(self, request, **kwargs):
        return ItemList

    def get_list_select_related(self, request):
        return (self.model.OWNER_FIELD, "category", "live_version")

    def get_search_results(self, request, queryset, search_term):
        if pk := uuid_or_none(search_term.strip()):
            return queryset.filter(pk=pk), False
        return super().get_search_results(request, queryset, search_term[:100])

    @admin.display(description="Title", ordering="title")
    def name(self, item):
        return str(item)

    @admin.display(description="State")
    def state(self, item):
        return format_html(
            '<span class="state state-{}">{}</span>{}',
            item.status,
            item.get_status_display(),
            format_html(' <span class="live">live v{}</span>', item.live_version.number)
            if item.is_live
            else "",
        )

    @admin.display(description="By")
    def owner_name(self, item):
        return str(item.owner)

    @admin.display(description="Category")
    def section(self, item):
        return item.category.name if item.category else "–"

    @admin.display(description="Changed", ordering="updated_at")
    def changed(self, item):
        return moment(item.updated_at)

    # The form ----------------------------------------------------------------

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.user = request.user
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in (self.model.OWNER_FIELD, "assigned_editor"):
            kwargs["queryset"] = User.objects.filter(
                Q(pk__in=User.objects.staff().values("pk"))
                | Q(pk=request.user.pk)
                | Q(pk__in=self._people_of(request))
            )
        if db_field.name == "category":
            kwargs["form_class"] = CategoryChoice
        if db_field.name in ("featured_image", "og_image"):
            kwargs["queryset"] = Media.objects.filter(file_type=Media.FileType.IMAGE)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _people_of(self, request):
        """Who stands on the item already, whatever became of their role."""
        match = request.resolver_match
        pk = uuid_or_none(match.kwargs.get("object_id")) if match else None
        return (
            self.model.objects.filter(pk=pk).values(self.model.OWNER_FIELD)
            if pk
            else []
        )

    def save_form(self, request, form, change):
        return form.instance

    def save_model(self, request, obj, form, change):
        """A new item is made; all that was entered follows in `save_related`."""
        if change:
            return
        by = request.user
        if obj.owner_id is None:
            setattr(obj, obj.OWNER_FIELD, by)
        elif obj.owner_id != by.pk and not may(by, "change_author", obj):
            raise PermissionDenied("Only an editor may write in another's name.")
        actions.create(obj, by=by, origin=origin_of(request))

    def save_related(self, request, form, formsets, change):
        """Fields, text and parts in one frame: `actions.editing`."""
        obj = form.instance
        summary = form.cleaned_data.get("summary", "")
        fresh = self.model.objects.get(pk=obj.pk)
        with actions.editing(
            fresh,
            by=request.user,
            seen_revision=form.cleaned_data.get("seen_revision") if change else None,
            summary=summary if "_version" in request.POST else None,
            origin=origin_of(request),
        ) as item:
            form.write(item)
            self.write_parts(item, formsets)
        obj.__dict__.update(fresh.__dict__)
        for note in form.notes[:NOTES_SHOWN]:
            messages.warning(request, note)
        self._warn_of_addresses(request, obj)

    def write_parts(self, item, formsets):
        """For courses: sections and lessons, in the same frame."""

    def _warn_of_addresses(self, request, item):
        held = LiveSlug.objects.filter(kind=item.KIND, slug=item.slug)
        if held.exclude(item_id=item.pk).exists():
            messages.warning(
                request,
                f"Another live {item.KIND} has the address “{item.slug}”. Choose "
                "another one before this is published, or swap both in one release.",
            )

    def construct_change_message(self, request, form, formsets, add=False):
        return []

    def log_addition(self, request, obj, message):
        """`actions.create` has written the audit log."""

    # The preview stands beside the text in a frame.
    @method_decorator(csp_update({"frame-src": ["'self'"]}))
    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        see = super().changeform_view
        if request.method != "POST":
            return see(request, object_id, form_url, extra_context)
        try:
            return see(request, object_id, form_url, extra_context)
        except StaleEdit:
            # Saved between our check and the lock: now the check will see it.
            return see(request, object_id, form_url, extra_context)
        except (Refused, PermissionDenied) as problem:
            return self._keep_the_text(request, object_id, problem)

    def _keep_the_text(self, request, object_id, problem):
        """A save was refused altogether: say why, and show all that was written."""
        item = None
        if object_id is not None:
            item = self.find(request, uuid_or_none(object_id))
        elif not self.has_add_permission(request):
            raise problem
        wanted = ("title", "excerpt", "description", "body")
        return self.page(
            request,
            "admin/editorial/item/kept.html",
            item,
            title="This was not saved",
            status=403 if isinstance(problem, PermissionDenied) else 409,
            problem=str(problem) or "You may not change this.",
            kept=kept_text(request.POST, wanted),
        )

    def render_change_form(self, request, context, *args, **kwargs):
        item = context.get("original")
        context["saving"] = saving.told(request, item or self.model())
        if item is not None:
            context |= self.header(request, item)
            form = context["adminform"].form
            context["stale"] = getattr(form, "stale", None)
            context["will_reopen"] = item.status in (Status.APPROVED, Status.SCHEDULED)
            context["will_revise"] = item.status in (
                Status.PUBLISHED,
                Status.UNPUBLISHED,
            )
        context["may_submit"] = item is None or any(
            offer.verb.name == "submit" for offer in context.get("offers", [])
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def header(self, request, item):
        """Both truths, who and when, and what can be done now."""
        review = item.open_review()
        # Two dozen questions about rights follow; the reviewer is read once for all.
        item.know(
            request.user,
            grants=item.individual_grants(request.user),
            reviewer_id=review.reviewer_id if review else None,
        )
        offered = offers(item, request.user)
        return {
            "step": next_step(item, offered),
            **before.panel(request, item),
            "state_line": item.state_line(),
            "review": review,
            "remarks_open": ReviewComment.objects.on(item).threads().open().count(),
            "may_remark": may(request.user, "comment_on_draft", item),
            "may_share": may(request.user, "grant", item),
            "gaps": [gap.as_json() for gap in item.gaps()]
            if item.status in NEEDS_SOMETHING
            else [],
            "offers": offered,
            "refusals": refusals(item, request.user),
            "live_url": live_url(item),
            "tasks_about": EditorialTask.objects.visible_to(request.user)
            .about(item)
            .open()
            .select_related("assigned_to")[:TASKS_SHOWN],
            "may_give_tasks": may(request.user, "edit_tasks"),
            "may_plan": may(request.user, "edit", item),
            "newest": Version.objects.of(item)
            .light()
            .select_related("created_by")
            .first(),
            "base": f"admin:{self.opts.app_label}_{self.opts.model_name}",
        }

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(request, f"“{obj}” is on the desk as a draft.")
        return self._after_save(request, obj)

    def response_change(self, request, obj):
        if "_version" in request.POST:
            messages.success(request, f"Saved as v{obj.current_version}.")
        elif "_begun" in request.POST:
            messages.success(request, f"“{obj}” is on the desk as a draft.")
        else:
            messages.success(request, "Saved.")
        return self._after_save(request, obj)

    def _after_save(self, request, obj):
        if "_submit" in request.POST:
            self._act(request, obj, VERBS["submit"], {"comment": ""})
        return HttpResponseRedirect(self.address(obj))

    def address(self, item, name="change", *args):
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}",
            args=[item.pk, *args],
        )

    # Verbs -------------------------------------------------------------------

    def get_urls(self):
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = [
            ("<uuid:pk>/do/<slug:verb>/", self.do_view, "do"),
            ("<uuid:pk>/versions/", partial(versions.listing, desk=self), "versions"),
            (
                "<uuid:pk>/versions/<int:number>/",
                partial(versions.one, desk=self),
                "version",
            ),
            (
                "<uuid:pk>/versions/<int:number>/restore/",
                partial(versions.restore, desk=self),
                "restore",
            ),
            ("<uuid:pk>/compare/", partial(versions.two, desk=self), "compare"),
            ("<uuid:pk>/standing/", partial(versions.standing, desk=self), "standing"),
            ("<uuid:pk>/preview/", partial(preview.page, desk=self), "preview"),
            ("<uuid:pk>/look/", partial(before.look, desk=self), "look"),
            ("<uuid:pk>/links/", partial(before.ask_links, desk=self), "ask_links"),
            ("<uuid:pk>/receipt/", partial(before.receipt, desk=self), "receipt"),
            ("<uuid:pk>/people/", partial(people.page, desk=self), "people"),
            ("<uuid:pk>/readers/", partial(audience.readers, desk=self), "readers"),
            ("<uuid:pk>/remarks/", partial(remarks.page, desk=self), "remarks"),
            ("<uuid:pk>/remarks/all/", partial(remarks.threads, desk=self), "threads"),
            ("<uuid:pk>/remarks/people/", partial(remarks.people, desk=self), "named"),
            (
                "<uuid:pk>/remarks/<uuid:remark>/resolve/",
                partial(remarks.resolve, desk=self),
                "resolve",
            ),
            (
                "<uuid:pk>/remarks/<uuid:remark>/change/",
                partial(remarks.change, desk=self),
                "reword",
            ),
            (
                "<uuid:pk>/remarks/<uuid:remark>/delete/",
                partial(remarks.delete, desk=self),
                "unsay",
            ),
            ("<uuid:pk>/guests/", partial(links.page, desk=self), "guests"),
            (
                "<uuid:pk>/guests/<uuid:link>/revoke/",
                partial(links.revoke, desk=self),
                "revoke_link",
            ),
        ]
        return [
            path(where, self.admin_site.admin_view(view), name=f"{info}_{name}")
            for where, view, name in pages
        ] + [*saving.doors(self), *super().get_urls()]

    def do_view(self, request, pk, verb):
        return require_http_methods(["GET", "HEAD", "POST"])(self._do)(
            request, pk, verb
        )

    def _do(self, request, pk, verb):
        item = self.find(request, pk)
        verb = VERBS.get(verb)
        if verb is None:
            raise Http404("There is no such verb.")
        if not may(request.user, verb.right or verb.name, item):
            actions.check(request.user, verb.right or verb.name, item)
        if verb.name == "hand_over" and item.named_reviewer_id() != request.user.pk:
            raise PermissionDenied("Only who was asked to review may hand it over.")
        if request.method != "POST":
            form = verb.question(item=item, user=request.user)
            seen = request.GET.get("seen", "")
            if seen.isascii() and seen.isdigit() and len(seen) < 10:
                # What they have read is the page they came from, not this question.
                form.initial["seen_revision"] = int(seen)
            return self._ask(request, item, verb, form)
        form = verb.question(request.POST, item=item, user=request.user)
        if not form.is_valid():
            return self._ask(request, item, verb, form, status=422)
        if not self._act(request, item, verb, form.answers(), form=form):
            return self._ask(request, item, verb, form, status=409)
        if not may(request.user, "view", item):
            return HttpResponseRedirect(reverse("admin:index"))
        return HttpResponseRedirect(self.address(item))

    def _ask(self, request, item, verb, form, status=200):
        possible = is_possible(verb, item)
        offer = Offer(verb, form, open_questions(verb, item, request.user))
        decides = possible and verb.name in before.DECIDES
        return self.page(
            request,
            "admin/editorial/item/do.html",
            item,
            title=label_of(item, offer) if possible else verb.label,
            status=status,
            verb=verb,
            form=form,
            possible=possible,
            why_not=offer.why_not,
            standing=standing_for(item, request.user) if decides else None,
            changes=press.changes_of(item, verb.name) if possible else None,
            compare=self.address(item, "compare"),
            back=self.address(item),
        )

    def _act(self, request, item, verb, answers, form=None):
        """Call the action; True when it is done, and a sentence either way."""
        if form is not None and verb.name in SEES_THE_TEXT:
            answers = answers | {"seen_revision": form.cleaned_data["seen_revision"]}
        try:
            with transaction.atomic(using=EDITORIAL):
                verb.action(item, by=request.user, origin=origin_of(request), **answers)
        except StaleEdit as problem:
            messages.error(request, self._see_what_changed(item, answers, problem))
            return False
        except Refused as problem:
            messages.error(request, as_links(item, problem))
            return False
        messages.success(request, verb.done)
        return True

    def _see_what_changed(self, item, answers, problem):
        """The refusal, with a way from the version that was read to the text of now."""
        seen = Version.objects.of(item).filter(content_hash=answers.get("seen_hash"))
        number = seen.values_list("number", flat=True).first()
        where = self.address(item, "compare") + (f"?from={number}" if number else "")
        return format_html('{} <a href="{}">See what changed</a>', problem, where)

    # Everything that happened ------------------------------------------------

    def history_view(self, request, object_id, extra_context=None):
        item = self.find(request, uuid_or_none(object_id))
        return HttpResponseRedirect(self.address(item, "versions") + "#history")


SEES_THE_TEXT = {"submit", "request_changes", "approve", "schedule", "publish"}
"""Verbs that decide about a text: they carry the revision that was looked at."""

NEEDS_SOMETHING = (Status.DRAFT, Status.CHANGES_REQUESTED, Status.IN_REVIEW)
"""States in which something may be missing for the next step."""


def kept_text(posted, names):
    """[(name, text)] of what somebody wrote, to be shown when it was not saved."""
    found = []
    for name in names:
        value = BodyWidget().value_from_datadict(posted, {}, name)
        if text := words_of(value):
            found.append((name, text))
    return found


def live_url(item):
    """Where readers find it, or nothing."""
    if not item.is_live:
        return ""
    held = LiveSlug.objects.filter(item_id=item.pk).first()
    return reverse(f"publishing:{item.KIND}", args=[held.slug]) if held else ""
