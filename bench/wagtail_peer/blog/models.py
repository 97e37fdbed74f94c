"""A blog as Wagtail's tutorial builds it."""

from django.core.paginator import Paginator
from django.db import models
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from taggit.models import TaggedItemBase
from wagtail import blocks
from wagtail.api import APIField
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index


class Category(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)

    def __str__(self):
        return self.name


class BlogTag(TaggedItemBase):
    content_object = ParentalKey(
        "BlogPage", related_name="tagged_items", on_delete=models.CASCADE
    )


class BlogIndexPage(Page):
    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        posts = (
            BlogPage.objects.live()
            .child_of(self)
            .select_related("category", "owner")
            .order_by("-date")
        )
        if words := request.GET.get("q"):
            posts = posts.search(words)
        context["posts"] = Paginator(posts, 20).get_page(request.GET.get("page"))
        return context


class BlogPage(Page):
    date = models.DateTimeField()
    excerpt = models.TextField()
    category = models.ForeignKey(Category, null=True, on_delete=models.SET_NULL)
    tags = ClusterTaggableManager(through=BlogTag, blank=True)
    body = StreamField(
        [
            ("heading", blocks.CharBlock()),
            ("paragraph", blocks.RichTextBlock()),
            ("quote", blocks.BlockQuoteBlock()),
            ("code", blocks.TextBlock()),
        ]
    )

    search_fields = [
        *Page.search_fields,
        index.SearchField("body"),
        index.SearchField("excerpt"),
    ]

    api_fields = [
        APIField("date"),
        APIField("excerpt"),
        APIField("category"),
        APIField("tags"),
        APIField("body"),
    ]
