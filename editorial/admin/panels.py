"""Which panels somebody has on their start page, and in which order."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse

from cms import admin as site
from editorial.admin.filters import preference_of


@site.page("panels/", name="editorial_panels")
def arrange(request, *, desk):
    known = {function.__name__: function.title for _, function in site.PANELS}
    wish = preference_of(request.user)
    order = [name for name in wish.panels if name in known]
    order += [name for name in known if name not in order]
    if request.method == "POST":
        return _keep(request, wish, order)
    return desk.show(
        request,
        "admin/desk/panels.html",
        title="Your start page",
        rows=[
            {"name": name, "title": known[name], "shown": name not in wish.hidden}
            for name in order
        ],
        is_own=bool(wish.panels or wish.hidden),
    )


def _keep(request, wish, order):
    """`up`/`down` moves one at once; `reset` is our order; else what is ticked."""
    posted = request.POST
    back = HttpResponseRedirect(reverse("admin:editorial_panels"))
    if "reset" in posted:
        wish.panels, wish.hidden = [], []
        wish.save()
        messages.success(request, "Your start page is as it was at first.")
        return back
    named = [name for name in posted.getlist("order") if name in order]
    order = list(dict.fromkeys([*named, *order]))
    for way, step in (("up", -1), ("down", 1)):
        if (name := posted.get(way)) in order:
            at = order.index(name)
            to = min(max(at + step, 0), len(order) - 1)
            order.insert(to, order.pop(at))
    wish.panels = order
    wish.hidden = [name for name in order if name not in posted.getlist("shown")]
    wish.save()
    if "up" in posted or "down" in posted:
        return back
    messages.success(request, "Your start page is kept.")
    return HttpResponseRedirect(reverse("admin:index"))
