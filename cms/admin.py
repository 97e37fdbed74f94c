"""The desk: Django's admin site with Masthead's name, groups and start page.

Apps put panels on the start page with `@panel`, and pages of their own beside it with
`@page`; the desk knows none of them.
"""

from functools import partial, wraps
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin, ShowFacets
from django.contrib.admin.utils import unquote
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts import second_factor
from accounts.permissions import may

GROUPS = (
    # name, models in the order of a working day
    ("Newsroom", ("Article", "Course", "Media", "Category", "Tag", "Series")),
    ("Planning", ("EditorialTask", "Release")),
    ("Community", ("Comment", "Report", "ContentReport", "Gathering")),
    ("House", ("User", "Role", "OutboxEvent", "Receipt", "AuditLog", "MediaFolder")),
)

MOMENTS = {
    models.DateTimeField: {
        "form_class": forms.DateTimeField,
        "widget": forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        "help_text": f"By the clock of the site ({settings.TIME_ZONE}).",
    }
}
"""`formfield_overrides` for moments: one field of the browser, and not two of text."""

PANELS: list = []
PAGES: list = []
MENU: list = []
ARRANGED_BY: list = []
AUDIENCES: list = []

HIDDEN = {"account", "mfa", "usersessions", "socialaccount", "django_celery_beat"}
"""Apps of allauth: each person sees their own on the pages of their account. And the
timetable, which is code: who could change it could run any task with any argument."""

ONLY_READ = {"index", "app_list", "jsi18n", "password_change_done", "view_on_site"}
"""Pages of the admin site that answer a POST, and do nothing with it."""

pages_only = require_http_methods(["GET", "HEAD", "POST"])


def panel(*, order, title):
    """Put a function on the start page: request → context of its template, or None.

    The context names a `template` and may name another `title`; None leaves the panel
    out, for people to whom it says nothing. `title` is what it is called where people
    choose their panels.
    """

    def register(function):
        function.title = title
        PANELS.append((order, function))
        PANELS.sort(key=lambda pair: pair[0])
        return function

    return register


def page(route, *, name, cacheable=False, menu="", right=""):
    """Give a view an address of its own on the desk, `admin:<name>`; staff only.

    `view(request, …, desk)`: `desk` is the admin site, for `desk.show(…)`. With a word
    for the `menu` it stands there, for people who have the `right`; the view asks for
    the right itself.
    """

    def register(view):
        PAGES.append((route, view, name, cacheable))
        if menu:
            MENU.append((menu, name, right))
        return view

    return register


def arranges(function):
    """Let `function(request, panels)` say which panels one sees, in which order."""
    ARRANGED_BY[:] = [function]
    return function


def tells_of_readers(function):
    """Let `function(item_id, first, last, moments)` say what readers did with an item.

    The newsroom knows the item and who may see it, engagement its readers."""
    AUDIENCES[:] = [function]
    return function


class NamedRows(forms.BaseInlineFormSet):
    """In a table of rows each field says by itself what it is, and of which row."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        assert self.model is not None  # Django names it in the class that it makes
        what = str(self.model._meta.verbose_name)
        row = f"{what} {index + 1}" if index is not None else f"new {what}"
        for name, field in form.fields.items():
            if field.widget.is_hidden:
                continue
            label = field.label or name.replace("_", " ").capitalize()
            # The admin wraps choosers of other rows; what is drawn is inside.
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs.setdefault("aria-label", f"{label}, {row}")


class DeskPage(ModelAdmin):
    """Titled by what it is about, not by the verb; never counts what is filtered."""

    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    new_title = ""
    """Over the form for a new one, where "New article" would not do."""

    def get_urls(self):
        urls = super().get_urls()
        for entry in urls:
            # Without a name: Django's redirect from /<id>/ to /<id>/change/.
            if entry.name is None or entry.name.endswith("_history"):
                entry.callback = require_safe(entry.callback)
        return urls

    def get_object(self, request, object_id, from_field=None):
        """What one may not see does not exist, on every page of it."""
        found = super().get_object(request, object_id, from_field)
        if found is None or not self.has_view_or_change_permission(request, found):
            return None
        return found

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PermissionDenied:
            if object_id and self.get_object(request, unquote(object_id)) is None:
                return self._get_obj_does_not_exist_redirect(
                    request, self.opts, object_id
                )
            raise

    def delete_view(self, request, object_id, extra_context=None):
        if self.get_object(request, unquote(object_id)) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return super().delete_view(request, object_id, extra_context)

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404(f"There is no such {opts.verbose_name}.")

    def changelist_view(self, request, extra_context=None):
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(
            request, {"title": title, **(extra_context or {})}
        )

    def render_change_form(self, request, context, *args, **kwargs):
        if context.get("original") is None:
            context["title"] = self.new_title or f"New {self.opts.verbose_name}"
        else:
            context |= {"title": str(context["original"]), "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)


class Desk(AdminSite):
    site_header = "Masthead"
    site_title = "Masthead"
    index_title = "Desk"
    index_template = "admin/desk.html"
    enable_nav_sidebar = False

    def get_urls(self):
        urls = super().get_urls()
        for entry in urls:
            if not isinstance(entry, URLPattern) or entry.callback is None:
                continue
            if entry.name in ONLY_READ:
                entry.callback = require_safe(entry.callback)
            elif entry.name == "login":
                entry.callback = pages_only(entry.callback)
        ours = [
            path(
                route,
                self.admin_view(partial(view, desk=self), cacheable),
                name=name,
            )
            for route, view, name, cacheable in PAGES
        ]
        return ours + urls

    def register(self, model_or_iterable, admin_class=None, **options):
        """How people sign in is no list on the desk: secrets are in it."""
        models: list[Any] = (
            [model_or_iterable]
            if isinstance(model_or_iterable, type)
            else list(model_or_iterable)
        )
        shown = [one for one in models if one._meta.app_label not in HIDDEN]
        if shown:
            super().register(shown, admin_class, **options)

    def has_permission(self, request):
        """Staff, with a second factor where the house asks for one."""
        user = request.user
        return super().has_permission(request) and not second_factor.missing(user)

    def login(self, request, extra_context=None):
        """There is one door: nobody walks round the second factor here."""
        user = request.user
        if user.is_authenticated and second_factor.missing(user):
            return redirect(f"{reverse('accounts:home')}#second-factor")
        if user.is_authenticated and not self.has_permission(request):
            return render(request, "accounts/not_yours.html", status=403)
        back = request.GET.get("next") or reverse("admin:index", current_app=self.name)
        if user.is_authenticated:
            return redirect(reverse("admin:index", current_app=self.name))
        return redirect_to_login(back, reverse("account_login"))

    def logout(self, request, extra_context=None):
        if request.method != "POST":
            return redirect("account_logout")
        return super().logout(request, extra_context)

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")

    def admin_view(self, view, cacheable=False):
        """Pages are looked at or sent; nothing here is made for other methods."""
        return _no_reader(super().admin_view(pages_only(view), cacheable))

    def index(self, request, extra_context=None):
        wanted = [function for _, function in PANELS]
        for arrange in ARRANGED_BY:
            wanted = arrange(request, wanted)
        panels = [
            {"title": function.title, "name": function.__name__, **found}
            for function in wanted
            if (found := function(request))
        ]
        return super().index(request, {"panels": panels, **(extra_context or {})})

    def show(self, request, template, *, title, status=200, **context):
        """A page of the desk that belongs to no list of things."""
        request.current_app = self.name
        return TemplateResponse(
            request,
            template,
            {**self.each_context(request), "title": title, **context},
            status=status,
        )

    def each_context(self, request):
        return super().each_context(request) | {
            "menu_pages": [
                (word, reverse(f"admin:{name}"))
                for word, name, right in MENU
                if may(request.user, right)
            ]
        }

    def get_app_list(self, request, app_label=None):
        """Models in the newsroom's groups; Django's own grouping for one app."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        known = {model["object_name"]: model for app in apps for model in app["models"]}
        groups = [
            _group(name, [known.pop(one) for one in nouns if one in known])
            for name, nouns in GROUPS
        ]
        groups.append(_group("More", list(known.values())))
        return [group for group in groups if group["models"]]


def _no_reader(view):
    """Whoever works here is no reader: views with this cookie are not counted."""

    @wraps(view)
    def marked(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        if request.user.is_staff and settings.STAFF_COOKIE_NAME not in request.COOKIES:
            response.set_cookie(
                settings.STAFF_COOKIE_NAME,
                "1",
                max_age=settings.SESSION_COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return marked


def _group(name, found):
    return {
        "name": name,
        "app_label": name.lower(),
        "app_url": reverse("admin:index"),
        "has_module_perms": True,
        "models": found,
    }
