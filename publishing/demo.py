"""The demo newspaper, written and delivered to the readers."""

from editorial.demo.newsroom import write_newsroom
from editorial.demo.people import password, sign_ins
from publishing import sync

__all__ = ["password", "sign_ins", "write_and_deliver"]


def write_and_deliver():
    """{key: User}. What waits in the outbox afterwards goes out at once."""
    people = write_newsroom()
    while sync.deliver_waiting():
        pass
    return people
