"""Paths of reader pages, remembered: a list names dozens, and most come again."""

from functools import lru_cache

from django.urls import reverse


@lru_cache(maxsize=16_384)
def path_to(name, *parts):
    """`path_to("article", slug)` is the path of that article's page."""
    return reverse(f"publishing:{name}", args=parts)
