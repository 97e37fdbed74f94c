"""From the export to what readers get. Delivery really commits."""

import pytest

from cms.databases import PUBLIC
from editorial.models import Announcement, OutboxEvent
from engagement.refs.models import ContentRef
from publishing import verification
from publishing.models import PublicUserProfile, PublishedArticle, PublishedTag

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


def test_everything_published_there_is_live_here_when_the_command_ends(take):
    take(no_deliver=False)
    first = PublishedArticle.objects.using(PUBLIC).get(slug="first")

    assert set(PublishedArticle.objects.values_list("slug", flat=True)) == {
        "first",
        "first-2",
        "λιμάνι-της-αθήνας",
        "about",
        "crew",
    }
    assert "The quay at five.<br>Nobody there." in first.content_html
    assert 'alt="The quay"' in first.content_html
    assert first.author_name == "Ada & Co"
    assert first.category_name == "Ferries"
    assert first.counters.comment_count == 3
    assert PublicUserProfile.objects.filter(display_name="Ada & Co").exists()
    assert PublishedTag.objects.filter(slug="storm").exists()
    assert ContentRef.objects.get(pk=first.pk).is_live
    assert not OutboxEvent.objects.waiting().exists()
    assert not Announcement.objects.exists()
    assert not verification.compare().drift


def test_what_was_taken_down_in_a_newer_export_is_gone(take, harbour):
    take(no_deliver=False)
    gone = harbour(
        (
            "<wp:status><![CDATA[publish]]></wp:status>",
            "<wp:status><![CDATA[trash]]></wp:status>",
        )
    )
    take(gone, no_deliver=False)

    assert not PublishedArticle.objects.filter(slug="first").exists()
    assert PublishedArticle.objects.count() == 4
