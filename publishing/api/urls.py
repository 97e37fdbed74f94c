"""Addresses of the content API."""

from django.urls import path

from publishing import urls as _converters  # noqa: F401  (registers them)
from publishing.api import changes, views

app_name = "content"
urlpatterns = [
    path("articles/", views.Articles.as_view(), name="articles"),
    path("articles/<name:slug>/", views.Article.as_view(), name="article"),
    path("courses/", views.Courses.as_view(), name="courses"),
    path("courses/<name:slug>/", views.Course.as_view(), name="course"),
    path("courses/<name:slug>/lessons/", views.Lessons.as_view(), name="lessons"),
    path(
        "courses/<name:slug>/lessons/<name:lesson>/",
        views.Lesson.as_view(),
        name="lesson",
    ),
    path("categories/", views.Categories.as_view(), name="categories"),
    path("categories/<name:slug>/", views.Category.as_view(), name="category"),
    path("tags/", views.Tags.as_view(), name="tags"),
    path("tags/<name:slug>/", views.Tag.as_view(), name="tag"),
    path("authors/", views.Authors.as_view(), name="authors"),
    path("authors/<name:slug>/", views.Author.as_view(), name="author"),
    path("changes/", changes.Changes.as_view(), name="changes"),
    path("search/", views.Search.as_view(), name="search"),
]
