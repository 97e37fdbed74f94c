import pytest
from cms.databases import ENGAGEMENT, PUBLIC

pytestmark = pytest.mark.django_db(databases=[ENGAGEMENT, PUBLIC])


def test_x(article):
    assert article
