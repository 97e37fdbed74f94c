"""fill.py N: a blog with the first N of `bench.articles`, unless it has them."""

import os
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

import django

django.setup()

from articles import CATEGORIES, TAGS, article  # noqa: E402
from blog.models import BlogIndexPage, BlogPage, Category  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from wagtail.models import Page, Site  # noqa: E402


def main(count):
    if BlogPage.objects.count() == count:
        return
    Site.objects.all().delete()
    for page in Page.objects.filter(depth=2):
        page.delete()
    index = Page.objects.get(depth=1).add_child(
        instance=BlogIndexPage(title="Blog", slug="blog")
    )
    Site.objects.create(hostname="localhost", root_page=index, is_default_site=True)
    owner, _ = get_user_model().objects.get_or_create(
        username="wim", defaults={"first_name": "Wim", "last_name": "Writer"}
    )
    categories = [
        Category.objects.get_or_create(name=name, slug=name.lower())[0]
        for name in CATEGORIES
    ]
    now = timezone.now()
    for number in range(count):
        text = article(number)
        post = BlogPage(
            title=text.title,
            slug=text.slug,
            date=now - timedelta(minutes=number),
            excerpt=text.excerpt,
            category=categories[text.category],
            owner=owner,
            seo_title=text.meta_title,
            search_description=text.meta_description,
            body=[
                (kind, f"<p>{words}</p>" if kind == "paragraph" else words)
                for kind, words in text.blocks
            ],
        )
        post.tags.add(*(TAGS[tag] for tag in text.tags))
        index.add_child(instance=post)


if __name__ == "__main__":
    with transaction.atomic():
        main(int(sys.argv[1]))
    print(BlogPage.objects.count())
