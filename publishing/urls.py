"""Addresses of the reader pages. Every pattern ends in a named, plain function."""

from datetime import date

from django.urls import path, register_converter

from publishing import feeds, sitemaps
from publishing.views import (
    articles,
    authors,
    courses,
    home,
    robots,
    search,
    series,
    suggestions,
    taxonomy,
)


class Slug:
    """One part of a path, in any script. PostgreSQL cannot hold a NUL."""

    regex = r"[^/\x00]{1,500}"

    def to_python(self, value):
        return value

    to_url = to_python


class Month:
    regex = r"(?:19|2[0-9])[0-9]{2}-(?:0[1-9]|1[0-2])"

    def to_python(self, value):
        year, month = value.split("-")
        return int(year), int(month)

    def to_url(self, value):
        year, month = value
        return f"{year:04}-{month:02}"


class Year:
    regex = r"(?:19|2[0-9])[0-9]{2}"

    def to_python(self, value):
        return int(value)

    def to_url(self, value):
        return f"{value:04}"


class Day:
    regex = r"(?:19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value):
        return date.fromisoformat(value)  # a ValueError is no match

    def to_url(self, value):
        return value.isoformat()


class FeedForm:
    regex = "rss|atom"

    def to_python(self, value):
        return value

    to_url = to_python


register_converter(Slug, "name")
register_converter(FeedForm, "feed")
register_converter(Month, "month")
register_converter(Year, "year")
register_converter(Day, "day")

app_name = "publishing"
urlpatterns = [
    path("", home.home, name="home"),
    # Articles
    path("articles/", articles.newest, name="articles"),
    path("articles/<name:slug>/", articles.article, name="article"),
    path("archive/", articles.archive, name="archive"),
    path("archive/<year:year>/", articles.year, name="year"),
    path("archive/<month:month>/", articles.month, name="month"),
    path("archive/<day:day>/", articles.day, name="day"),
    path("series/<name:slug>/", series.series, name="series"),
    # Courses
    path("courses/", courses.newest, name="courses"),
    path("courses/<name:slug>/", courses.course, name="course"),
    path("courses/<name:course_slug>/<name:slug>/", courses.lesson, name="lesson"),
    # Subjects and people
    path("categories/", taxonomy.categories, name="categories"),
    path("categories/<name:slug>/", taxonomy.category, name="category"),
    path("tags/<name:slug>/", taxonomy.tag, name="tag"),
    path("authors/<name:slug>/", authors.author, name="author"),
    # Finding
    path("search/", search.search, name="search"),
    path("search/suggestions/", suggestions.suggestions, name="suggestions"),
    # Feeds
    path("feed.<feed:form>", feeds.everything, name="feed"),
    path(
        "categories/<name:slug>/feed.<feed:form>", feeds.category, name="category_feed"
    ),
    path("tags/<name:slug>/feed.<feed:form>", feeds.tag, name="tag_feed"),
    path("authors/<name:slug>/feed.<feed:form>", feeds.author, name="author_feed"),
    # For machines
    path("robots.txt", robots.robots, name="robots"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemaps/pages.xml", sitemaps.fixed_pages, name="fixed_pages"),
    path("sitemaps/news.xml", sitemaps.news, name="news_sitemap"),
    path("sitemaps/<str:section>/<uuid:start>.xml", sitemaps.part, name="sitemap_part"),
]
