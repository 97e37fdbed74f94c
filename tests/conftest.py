"""The cast: ines edits, wim writes, rosa reads, omar is an outsider."""

import pytest

from cms.databases import PUBLIC
from tests import factories
from tests.emptying import empty_redis


@pytest.fixture(autouse=True)
def _an_empty_redis():
    empty_redis()


@pytest.fixture
def epochs(request):
    """Both stores at their first epoch; a flushed test database has none."""
    from editorial.models import WriteEpoch
    from publishing.models import SyncEpoch

    WriteEpoch.objects.get_or_create(pk=1)
    SyncEpoch.objects.using(PUBLIC).get_or_create(pk=1)


@pytest.fixture
def ines():
    """Editor of everything."""
    return factories.staff("ines", "editor")


@pytest.fixture
def wim():
    """Author."""
    return factories.staff("wim", "author")


@pytest.fixture
def cleo():
    """Contributor."""
    return factories.staff("cleo", "contributor")


@pytest.fixture
def rosa():
    """A member: reads and comments, has no role."""
    return factories.staff("rosa")


@pytest.fixture
def omar():
    """An author who has nothing to do with the item at hand."""
    return factories.staff("omar", "author")


@pytest.fixture
def draft(wim):
    return factories.article(by=wim)


@pytest.fixture
def approved(draft, ines):
    return factories.approve(draft, editor=ines)


@pytest.fixture
def published(draft, ines):
    return factories.publish(draft, editor=ines)
