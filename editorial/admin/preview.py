"""The working copy as readers would see it."""

from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from editorial.models import Article


@require_safe
def page(request, pk, *, desk):
    item = desk.find(request, pk)
    rendered = item.render(item.snapshot())
    lessons = [
        (lesson, mark_safe(html["html"]))  # noqa: S308  (made by editorial.blocks)
        for lesson in (item.lessons.all() if hasattr(item, "lessons") else [])
        if (html := rendered["lessons"].get(str(lesson.pk)))
    ]
    return TemplateResponse(
        request,
        "admin/editorial/preview.html",
        {
            "item": item,
            "owner": item.owner,
            "standfirst": item.excerpt if isinstance(item, Article) else "",
            "html": mark_safe(rendered["html"]),  # noqa: S308
            "lessons": lessons,
            "back": desk.address(item),
        },
    )
