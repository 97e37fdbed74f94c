import pytest
from django.urls import reverse

from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from engagement.comments.models import Comment

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])


def test_smoke(client, rosa, article):
    client.force_login(rosa)
    url = reverse("engagement:discussion", args=["article", article.pk])
    r = client.post(url, {"body": "Hello *you*"})
    assert r.status_code == 302, r.content.decode()
    c = Comment.objects.get()
    r = client.post(reverse("engagement:comment-reply", args=[c.pk]), {"body": "re"})
    r = client.get(reverse("engagement:discussion-fragment", args=["article", article.pk]))
    print(r.content.decode())
    r = client.get(url)
    print(r.content.decode())
    assert 0
