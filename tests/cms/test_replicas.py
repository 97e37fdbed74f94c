"""Who is fit to be read from, and in which order."""

import pytest

from cms import replicas


@pytest.fixture
def roster(monkeypatch):
    """A primary and two replicas that say what `at` says; None is no answer."""
    found = replicas.Roster({}, [{"host": "one"}, {"host": "two"}])
    found.at = {found.primary: 100, found.replicas[0]: 100, found.replicas[1]: 100}
    clock = found.clock = [0.0]
    for replica in found.replicas:
        replica.follows = True

    def position_of(server):
        if found.at[server] is None:
            found._judge(server, "down", "gone")
        return found.at[server]

    monkeypatch.setattr(found, "_position_of", position_of)
    monkeypatch.setattr(replicas, "monotonic", lambda: clock[0])
    return found


def looked(roster, seconds=0):
    roster.clock[0] += seconds
    roster.look()
    return roster


def well(roster):
    return [server.is_well for server in roster.replicas]


def test_before_the_first_look_everybody_reads_from_the_primary(roster):
    assert {roster.first(slot) for slot in range(4)} == {roster.primary}


def test_readers_are_spread_over_the_replicas(roster):
    looked(roster)

    assert [roster.first(slot) for slot in range(4)] == roster.replicas * 2
    assert roster.in_turn(1) == [*reversed(roster.replicas), roster.primary]


def test_who_lags_too_long_is_left_out_and_taken_back(roster, settings):
    one, two = roster.replicas
    looked(roster)
    for second in range(1, 7):
        roster.at |= {roster.primary: 100 + second, two: 100 + second}
        looked(roster, 1)
        is_near = second <= settings.PUBLIC_REPLICA_LAG_SECONDS
        assert well(roster) == [is_near, True]

    assert {roster.first(slot) for slot in range(4)} == {two}

    roster.at[one] = roster.at[roster.primary]
    assert well(looked(roster, 1)) == [True, True]


def test_an_idle_primary_makes_nobody_late(roster):
    looked(roster)

    assert well(looked(roster, 3600)) == [True, True]


def test_who_is_further_behind_than_is_remembered_is_left_out(roster):
    roster.at[roster.replicas[0]] = 1

    assert well(looked(roster)) == [False, True]


def test_without_a_replica_the_primary_serves(roster):
    looked(roster)
    for replica in roster.replicas:
        roster.failed(replica, "it is gone")

    assert roster.first(0) is roster.primary


def test_with_the_primary_away_the_replicas_go_on(roster):
    looked(roster)
    roster.at[roster.primary] = None

    assert well(looked(roster, 60)) == [True, True]


def test_with_nobody_well_the_one_that_came_furthest_serves(roster):
    looked(roster)
    one, two = roster.replicas
    roster.at |= {roster.primary: 900, one: 20, two: 30}
    looked(roster, 1)
    roster.at[roster.primary] = None
    looked(roster, 1)

    assert well(roster) == [False, False]
    assert roster.first(0) is two


def test_a_replica_that_was_promoted_is_read_from_only_without_the_primary(roster):
    one, two = roster.replicas
    one.follows, roster.at[two] = False, 1
    looked(roster)
    assert roster.first(0) is roster.primary

    roster.at[roster.primary] = None
    looked(roster, 1)
    assert roster.first(0) is one
