"""People on the desk: who they are, their roles, and whether they may come in."""

from functools import partial

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, Q
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from accounts import access, audit, invitations, simulation
from accounts.admin import standing
from accounts.admin.roles import RoleInline
from accounts.models import RoleAssignment, User
from accounts.permissions import ROLES, SUPER_ADMIN, may
from accounts.ranks import reaches
from cms.admin import DeskPage


class InvitedForm(forms.ModelForm):
    """Name and address; a password is chosen by whoever is invited."""

    class Meta:
        model = User
        fields = ("email", "display_name")

    def clean_email(self):
        email = User.objects.normalize_email(self.cleaned_data["email"].strip())
        known = User.objects.with_email(email).first()
        if known:
            raise ValidationError(
                f"Somebody has this e-mail address already: {known}. Open their page "
                "to give them a role."
            )
        return email

    def save(self, commit=True):
        self.instance.slug = User.objects.free_slug(self.cleaned_data["display_name"])
        self.instance.set_unusable_password()
        return super().save(commit)


class PersonForm(forms.ModelForm):
    class Meta:
        model = User
        exclude = ()  # noqa: DJ006  (the fieldsets name what is shown)


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request, model_admin):
        return [("staff", "Staff"), *((code, ROLES[code][0]) for code in ROLES)]

    def queryset(self, request, queryset):
        if self.value() == "staff":
            return queryset & User.objects.staff()
        if self.value() in ROLES:
            return queryset & User.objects.in_role(self.value())
        return queryset


class AccessFilter(admin.SimpleListFilter):
    title = "access"
    parameter_name = "access"

    def lookups(self, request, model_admin):
        return [
            ("in", "Active"),
            ("invited", "Invited"),
            ("out", "Deactivated"),
        ]

    def queryset(self, request, queryset):
        waiting = Q(invitation__isnull=False, invitation__accepted_at=None)
        if self.value() == "in":
            return queryset.filter(is_active=True).exclude(waiting)
        if self.value() == "invited":
            return queryset.filter(waiting, is_active=True)
        return queryset.filter(is_active=False) if self.value() == "out" else queryset


@admin.register(User)
class PersonAdmin(DeskPage):
    """Rights come from `accounts.permissions`; Django's groups are not used."""

    form = PersonForm
    add_form = InvitedForm
    inlines = (RoleInline,)
    change_form_template = "admin/accounts/person.html"
    add_form_template = "admin/accounts/invite.html"
    change_list_template = "admin/accounts/people.html"
    list_display = ("display_name", "email", "roles", "access", "created_at")
    list_filter = (AccessFilter, RoleFilter)
    list_select_related = ("invitation",)
    search_fields = ("display_name", "email")
    search_help_text = "Name or e-mail address."
    ordering = ("display_name", "pk")
    readonly_fields = ("last_login", "created_at")
    actions = None
    new_title = "Invite somebody"

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return ((None, {"fields": ("email", "display_name")}),)
        powers = ("is_superuser",) if request.user.is_superuser else ()
        return (
            (None, {"fields": ("email", "display_name", "slug")}),
            ("For readers", {"fields": ("bio", "website", "avatar_url")}),
            ("Access", {"fields": (*powers, "last_login", "created_at")}),
        )

    def get_queryset(self, request):
        current = RoleAssignment.objects.current().select_related("role")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("role_assignments", current, to_attr="listed_roles")
            )
        )

    def get_form(self, request, obj=None, **kwargs):
        if obj is None:
            kwargs["form"] = self.add_form
        return super().get_form(request, obj, **kwargs)

    # Rights ------------------------------------------------------------------

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return may(request.user, "view_people")

    def has_add_permission(self, request):
        return may(request.user, "edit_people")

    def has_change_permission(self, request, obj=None):
        """Nobody changes people who stand above them."""
        if not may(request.user, "edit_people"):
            return False
        return obj is None or reaches(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        return False  # what somebody wrote stays theirs; deactivate them instead

    # The list ----------------------------------------------------------------

    @admin.display(description="Roles")
    def roles(self, user):
        names = {one.role.name for one in user.listed_roles}
        if user.is_superuser:
            names.add(ROLES[SUPER_ADMIN][0])
        return ", ".join(sorted(names)) or "Reader"

    @admin.display(description="Access")
    def access(self, user):
        if not user.is_active:
            return "Deactivated"
        invitation = getattr(user, "invitation", None)
        if invitation is None or invitation.accepted_at:
            return "Active"
        sent = timezone.localtime(invitation.sent_at).strftime("%-d %b %Y")
        if invitations.is_waiting(invitation):
            return f"Invited {sent}, not yet here"
        return f"Invited {sent}, too long ago"

    # Inviting ----------------------------------------------------------------

    def add_view(self, request, form_url="", extra_context=None):
        """Somebody who was invited before, and is not here yet, is invited again."""
        if request.method == "POST" and self.has_add_permission(request):
            known = User.objects.filter(
                is_active=True,
                invitation__isnull=False,
                invitation__accepted_at=None,
            ).with_email(request.POST.get("email", ""))
            if person := known.first():
                return self._send_again(request, person)
        return super().add_view(request, form_url, extra_context)

    def _send_again(self, request, person):
        invitations.send(person, by=request.user, request=request)
        messages.success(
            request,
            f"{person} was invited before. The invitation was sent again, and the "
            "older link no longer opens. Roles were left as they are.",
        )
        return HttpResponseRedirect(self.address(person))

    def save_model(self, request, obj, form, change):
        """Another address is nobody's until they show that it is theirs."""
        if change and "email" in form.changed_data:
            obj.email_verified_at = None
            EmailAddress.objects.filter(user_id=obj.pk).delete()
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if not change:
            invitations.send(form.instance, by=request.user, request=request)

    def save_formset(self, request, form, formset, change):
        for assignment in formset.save(commit=False):
            if assignment._state.adding:
                assignment.assigned_by = request.user
            assignment.save()
        for gone in formset.deleted_objects:
            gone.delete()

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(
            request, f"{obj} is invited: a mail with a link is on its way."
        )
        return HttpResponseRedirect(self.address(obj))

    # One person --------------------------------------------------------------

    def address(self, person, name="change"):
        return reverse(f"admin:accounts_user_{name}", args=[person.pk])

    def render_change_form(self, request, context, *args, **kwargs):
        person = context.get("original")
        if person is None:
            return super().render_change_form(request, context, *args, **kwargs)
        context["access"] = self.access(person)
        context["show_save_and_add_another"] = False
        invitation = getattr(person, "invitation", None)
        may_change = self.has_change_permission(request, person)
        context["may_invite"] = (
            may_change
            and person.is_active
            and invitation is not None
            and invitation.accepted_at is None
        )
        context["may_switch"] = may_change and person != request.user
        context["may_simulate"] = not simulation.why_not(request.user, person)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self):
        pages = [
            ("<uuid:pk>/rights/", partial(standing.page, desk=self), "rights"),
            ("<uuid:pk>/invite/", self.invite_view, "invite"),
            ("<uuid:pk>/deactivate/", self.deactivate_view, "deactivate"),
            ("<uuid:pk>/reactivate/", self.reactivate_view, "reactivate"),
            ("<uuid:pk>/simulate/", self.simulate_view, "simulate"),
        ]
        return [
            path(
                "simulation/leave/",
                self.admin_site.admin_view(self.leave_view),
                name="leave_simulation",
            ),
            *(
                path(
                    where,
                    self.admin_site.admin_view(view),
                    name=f"accounts_user_{name}",
                )
                for where, view, name in pages
            ),
            *super().get_urls(),
        ]

    def find(self, request, pk):
        """The person, if this one may see people; otherwise there is none."""
        person = User.objects.filter(pk=pk).select_related("invitation").first()
        if person is None or not self.has_view_permission(request, person):
            raise Http404("There is no such person.")
        return person

    def page(self, request, template, person, /, *, title, status=200, **context):
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": self.opts,
                "object": person,
                "original": person,
                "media": self.media,
                **context,
            },
            status=status,
        )

    # What is done with one click ----------------------------------------------

    def _ask(self, request, person, *, title, says, button, grave=False):
        return self.page(
            request,
            "admin/accounts/ask.html",
            person,
            title=title,
            says=says,
            button=button,
            grave=grave,
            back=self.address(person),
        )

    def _changeable(self, request, pk):
        person = self.find(request, pk)
        if not self.has_change_permission(request, person):
            raise PermissionDenied(f"You may not change {person}.")
        return person

    def invite_view(self, request, pk):
        person = self._changeable(request, pk)
        if not self._is_waited_for(person):
            messages.info(request, f"{person} is here already; nothing was sent.")
            return HttpResponseRedirect(self.address(person))
        if request.method != "POST":
            return self._ask(
                request,
                person,
                title=f"Invite {person} again?",
                says=f"A new link goes to {person.email}. The older one stops opening.",
                button="Send it again",
            )
        return self._send_again(request, person)

    def _is_waited_for(self, person):
        invitation = getattr(person, "invitation", None)
        return person.is_active and invitation and invitation.accepted_at is None

    def deactivate_view(self, request, pk):
        person = self._changeable(request, pk)
        access.check(request.user, person)
        if request.method != "POST":
            return self._ask(
                request,
                person,
                title=f"Deactivate {person}?",
                says="They are signed out everywhere at once, their tokens end, and "
                "they cannot sign in. What they wrote, and their roles, stay.",
                button="Deactivate",
                grave=True,
            )
        if access.deactivate(person, by=request.user, request=request):
            messages.success(
                request, f"{person} is deactivated and signed out everywhere."
            )
        return HttpResponseRedirect(self.address(person))

    def reactivate_view(self, request, pk):
        person = self._changeable(request, pk)
        access.check(request.user, person)
        if request.method != "POST":
            return self._ask(
                request,
                person,
                title=f"Let {person} in again?",
                says="They may sign in again, with the roles that are still in force. "
                "Tokens they had stay ended.",
                button="Reactivate",
            )
        if access.reactivate(person, by=request.user, request=request):
            messages.success(request, f"{person} may sign in again.")
        return HttpResponseRedirect(self.address(person))

    # Another's eyes -----------------------------------------------------------

    def simulate_view(self, request, pk):
        person = self.find(request, pk)
        if reason := simulation.why_not(request.user, person):
            raise PermissionDenied(reason)
        if request.method != "POST":
            return self._ask(
                request,
                person,
                title=f"See the desk as {person} does?",
                says="For half an hour at most. You can look, and change nothing. The "
                "audit log keeps that you did.",
                button=f"See it as {person}",
            )
        simulation.start(request, person)
        return HttpResponseRedirect(reverse("admin:index"))

    def leave_view(self, request):
        if request.method == "POST":
            simulation.end(request, request.user, "Left.")
            messages.info(request, "You see the desk as yourself again.")
        return HttpResponseRedirect(reverse("admin:index"))

    # The audit log -----------------------------------------------------------

    def log_addition(self, request, obj, message):
        self._log(request, "create", obj, message)

    def log_change(self, request, obj, message):
        if message:
            self._log(request, "edit", obj, message)

    def _log(self, request, action, person, message):
        """Who may come in, and as what, is written where nobody can change it."""
        audit.record(
            action, by=request.user, about=person, request=request, changes=message
        )

    def history_view(self, request, object_id, extra_context=None):
        """In the audit log, where everything stands."""
        if self.get_object(request, unquote(object_id)) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        address = reverse("admin:editorial_auditlog_changelist")
        return HttpResponseRedirect(f"{address}?about=user")


if admin.site.is_registered(Group):
    admin.site.unregister(Group)
