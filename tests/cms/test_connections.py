"""No answer is waited for without end, and a connection that broke is no reader's."""

import time

import psycopg
import pytest
from django.db import OperationalError, connections, transaction

from cms import breaker, embedded
from cms.databases import PUBLIC
from cms.postgresql import base
from tests.serving import free_port

pytestmark = pytest.mark.django_db(databases=[PUBLIC])


@pytest.fixture
def connect():
    """A connection of its own to the public store, with these settings besides."""
    made = []

    def make(**more):
        alias = f"test {time.monotonic()}"
        wrapper = base.DatabaseWrapper(
            connections[PUBLIC].settings_dict | {"AUTOCOMMIT": True} | more, alias
        )
        made.append(wrapper)
        connections[alias] = wrapper
        return wrapper

    yield make
    for wrapper in made:
        wrapper.close()
        del connections[wrapper.alias]


def asked(wrapper, sql="SELECT 1"):
    with wrapper.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def end_its_session(wrapper):
    """What a restart of the server does to it."""
    pid = asked(wrapper, "SELECT pg_backend_pid()")
    superuser = embedded.database_url(PUBLIC, "postgres")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_server_that_says_nothing_is_given_up_in_time(connect):
    wrapper = connect(PATIENCE=0.2)
    began = time.monotonic()

    with pytest.raises(OperationalError, match="did not answer within 0.2 s"):
        asked(wrapper, "SELECT pg_sleep(5)")

    assert time.monotonic() - began < 2
    wrapper.close()
    assert asked(wrapper) == 1


def test_less_patience_for_a_while(connect):
    wrapper = connect()

    with pytest.raises(OperationalError), wrapper.answering_within(0.2):
        asked(wrapper, "SELECT pg_sleep(5)")


def test_a_server_that_is_away_is_not_asked_again_at_once(connect):
    wrapper = connect(PATIENCE=1, HOST="127.0.0.1", PORT=str(free_port()))

    with pytest.raises(OperationalError, match="refused"):
        asked(wrapper)
    with pytest.raises(OperationalError, match="did not answer a moment ago"):
        asked(wrapper)


def test_a_reader_does_not_notice_a_restart(connect):
    wrapper = connect(READS_ONLY=True)
    end_its_session(wrapper)

    assert asked(wrapper) == 1


def test_who_writes_is_told_of_a_restart(connect):
    wrapper = connect()
    end_its_session(wrapper)

    with pytest.raises(OperationalError):
        asked(wrapper)


def test_half_a_transaction_is_never_read_over_another_connection(connect):
    wrapper = connect(READS_ONLY=True)

    with pytest.raises(OperationalError), transaction.atomic(using=wrapper.alias):
        end_its_session(wrapper)
        asked(wrapper)


def test_an_error_of_the_statement_is_no_reason_to_send_it_again(connect):
    wrapper = connect(READS_ONLY=True)
    pid = asked(wrapper, "SELECT pg_backend_pid()")
    asked(wrapper, "SELECT set_config('statement_timeout', '100', false)")

    with pytest.raises(OperationalError, match="statement timeout"):
        asked(wrapper, "SELECT pg_sleep(5)")

    assert asked(wrapper, "SELECT pg_backend_pid()") == pid


def test_of_those_who_meet_an_open_breaker_one_tries():
    one = breaker.Breaker("Somebody", rest=0.05, longest=0.1)
    one.failed()
    assert not one.may_ask()
    time.sleep(0.06)

    assert [one.may_ask() for _ in range(5)] == [True, False, False, False, False]

    one.succeeded()
    assert one.may_ask() and one.may_ask()
