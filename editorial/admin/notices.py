"""What the desk has told me: a list, marked read, and how I want to hear of it.

Each person sees their own and nobody else's, whatever their rights.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from editorial.admin.house import HousePage
from editorial.letters import visible, wants_mail
from editorial.models import Notice, NoticeWish

SHOWN = 100


@admin.register(Notice)
class NoticeAdmin(HousePage):
    """No list of Django's: these pages are all there is."""

    def has_view_permission(self, request, obj=None):
        return request.user.is_active and request.user.is_staff

    def has_module_permission(self, request):
        return False  # the bell leads here

    def get_urls(self):
        pages = [
            ("", self.page_of_mine, "changelist"),
            ("count/", self.count, "count"),
            ("read/", self.read_all, "read"),
            ("mail/", self.by_mail, "mail"),
            ("<uuid:pk>/open/", self.open, "open"),
        ]
        return [
            path(
                where, self.admin_site.admin_view(view), name=f"editorial_notice_{name}"
            )
            for where, view, name in pages
        ]

    def page_of_mine(self, request):
        return require_safe(self._page)(request)

    def _page(self, request):
        found = Notice.objects.of(request.user)[:SHOWN]
        answer = self.page(
            request,
            "admin/editorial/notices.html",
            None,
            title="What the desk told you",
            notices=visible(found, request.user),
            by_mail=wants_mail(request.user),
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def count(self, request):
        return require_safe(self._count)(request)

    def _count(self, request):
        """For the bell of a page that stays open."""
        unread = unread_of(request.user)
        return JsonResponse({"unread": unread}, headers={"Cache-Control": "no-store"})

    def open(self, request, pk):
        return require_POST(self._open)(request, pk)

    def _open(self, request, pk):
        """Mark it read and go where it leads."""
        notice = Notice.objects.of(request.user).filter(pk=pk).first()
        if notice is None:
            raise Http404("There is no such notice.")
        Notice.objects.filter(pk=notice.pk).read()
        # Whoever wrote the sentence chose the address: it leads to our pages only.
        is_ours = url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None)
        here = reverse("admin:editorial_notice_changelist")
        return HttpResponseRedirect(notice.url if is_ours else here)

    def read_all(self, request):
        return require_POST(self._read_all)(request)

    def _read_all(self, request):
        Notice.objects.of(request.user).read()
        return HttpResponseRedirect(reverse("admin:editorial_notice_changelist"))

    def by_mail(self, request):
        return require_POST(self._by_mail)(request)

    def _by_mail(self, request):
        if request.POST.get("by_mail") not in ("yes", "no"):
            raise PermissionDenied("Say yes or no.")
        wanted = request.POST["by_mail"] == "yes"
        NoticeWish.objects.update_or_create(
            person=request.user, defaults={"by_mail": wanted}
        )
        messages.success(
            request,
            "You get a mail when somebody asks you for a review, or names you."
            if wanted
            else "No mails: what the desk tells you stands here.",
        )
        return HttpResponseRedirect(reverse("admin:editorial_notice_changelist"))


def unread_of(person):
    """How many are not read yet; more than 99 is "many"."""
    unread = Notice.objects.of(person).unread()
    return len(visible(unread.only("item_kind", "item_id")[:100], person))
