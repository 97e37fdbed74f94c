"""The start page, board, calendar, tasks and kept filters.

Works, who may not, bad input, what it costs.
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions, planning
from editorial.models import (
    Article,
    AuditLog,
    DeskPreference,
    EditorialTask,
    Notice,
    Release,
    ReleaseItem,
    SavedFilter,
    Status,
)
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])

JSON = {"Accept": "application/json"}
BACKEND = "accounts.backends.RoleBackend"


@pytest.fixture
def signed_in(client):
    def enter(person):
        client.force_login(person, backend=BACKEND)
        return client

    return enter


def text(answer):
    return answer.content.decode()


def desk_of(client):
    return text(client.get(reverse("admin:index")))


def board(client, **asked):
    return text(client.get(reverse("admin:editorial_board"), asked))


def drop(client, item, to, **fields):
    return client.post(
        reverse("admin:editorial_board_move"),
        {"item": f"{item.KIND}:{item.pk}", "to": to, **fields},
        headers=JSON,
    )


def move(client, entry, **fields):
    return client.post(
        reverse("admin:editorial_calendar_move"),
        {"entry": entry, **fields},
        headers=JSON,
    )


def scheduled(wim, ines, **fields):
    item = factories.approve(factories.article(by=wim, **fields), editor=ines)
    at = timezone.now() + timedelta(days=3)
    actions.schedule(item, by=ines, publish_at=at)
    return item


# --- The start page ---------------------------------------------------------------


def test_the_start_page_says_where_i_was_and_what_waits_for_me(signed_in, wim, ines):
    factories.article(by=wim, title="Half a thought")
    back = factories.article(by=wim, title="Too long")
    actions.submit(back, by=wim)
    actions.start_review(back, by=ines)
    actions.request_changes(back, by=ines, comment="Shorter.")
    EditorialTask.objects.create(title="Ring the harbour master", assigned_to=wim)
    Notice.objects.tell(wim, "told", "The tide is out.")

    page = desk_of(signed_in(wim))

    assert page.index("Go on with") < page.index("Half a thought")
    for said in ("To be changed by me", "Too long", "Ring the harbour master"):
        assert said in page
    assert "The tide is out." in page
    assert "Waiting for review" not in page


def test_what_is_late_held_or_old_is_said_to_editors(signed_in, wim, ines, published):
    late, held = scheduled(wim, ines, title="Late"), scheduled(wim, ines, title="Held")
    before = timezone.now() - timedelta(hours=2)
    Article.objects.filter(pk=late.pk).update(publish_at=before)
    Article.objects.filter(pk=held.pk).update(held_reason="The address is taken.")
    Article.objects.filter(pk=published.pk).update(review_by=before.date())
    Release.objects.create(
        name="Spring", created_by=ines, release_at=before, scheduled_by=ines
    )
    factories.MediaFactory(title="A rented picture", licence_expires_on=before.date())

    page = desk_of(signed_in(ines))

    assert "It is late: it was to go live" in page
    assert "held it back: The address is taken." in page
    assert "This release is late" in page
    assert "to be looked at since" in page
    assert "A rented picture" in page
    for said in ("It is late", "held it back", "This release is late"):
        assert said not in desk_of(signed_in(wim))


def test_a_notice_about_what_one_may_no_longer_view_is_not_shown(
    signed_in, omar, draft
):
    Notice.objects.tell(omar, "told", "About a secret text.", item=draft)
    Notice.objects.tell(omar, "told", "About nothing at all.")

    page = desk_of(signed_in(omar))

    assert "About nothing at all." in page and "secret text" not in page


def test_each_person_chooses_panels_and_their_order(signed_in, wim, draft):
    client, page = signed_in(wim), reverse("admin:editorial_panels")
    assert desk_of(client).index("Waiting for me") < desk_of(client).index("My drafts")

    order = ["my_drafts", "waiting_for_me", "recently_published"]
    client.post(page, {"order": order, "shown": order[:2]})

    seen = desk_of(client)
    assert seen.index("My drafts") < seen.index("Waiting for me")
    assert "Lately for readers" not in seen
    client.post(page, {"order": order, "shown": order, "down": "my_drafts"})
    assert DeskPreference.objects.get().panels[:2] == ["waiting_for_me", "my_drafts"]
    client.post(page, {"reset": "1"})
    assert "Lately for readers" in desk_of(client)


def test_buttons_on_the_start_page_carry_their_token(ines):
    task = EditorialTask.objects.create(title="Ring", assigned_to=ines)
    client = Client(enforce_csrf_checks=True)
    client.force_login(ines, backend=BACKEND)
    page = desk_of(client)
    form = page[
        page.index(reverse("admin:editorial_editorialtask_done", args=[task.pk])) :
    ]
    token = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]

    client.post(
        reverse("admin:editorial_editorialtask_done", args=[task.pk]),
        {"csrfmiddlewaretoken": token},
    )

    assert EditorialTask.objects.get().status == EditorialTask.Status.COMPLETED


# --- The board --------------------------------------------------------------------


def test_cards_lie_in_the_column_of_their_state_and_are_counted(signed_in, ines, wim):
    for n in range(14):
        factories.article(by=wim, title=f"Draft {n}")
    factories.course(by=wim, title="Knots")
    actions.submit(factories.article(by=wim, title="Sent in"), by=wim)
    client = signed_in(ines)

    page = board(client)

    assert "3 more" in page and "data-count>15<" in page
    waiting = page[page.index('data-status="pending_review"') :]
    assert "Sent in" in waiting and "Draft 13" not in waiting
    everything = board(client, more="draft")
    assert "Draft 0" in everything and "Draft 0" not in page


def test_the_board_is_narrowed_by_kind_category_person_and_due(signed_in, ines, wim):
    sea = factories.CategoryFactory(name="Sea")
    factories.article(by=wim, title="By Wim", category=sea)
    mine = factories.article(by=ines, title="By Ines")
    factories.course(by=wim, title="A course")
    EditorialTask.objects.create(
        title="Hurry",
        content_type="article",
        content_id=mine.pk,
        due_date=timezone.now() - timedelta(hours=1),
    )
    client = signed_in(ines)

    for asked, there, gone in (
        ({"kind": "course"}, ["A course"], ["By Wim", "By Ines"]),
        ({"section": sea.pk}, ["By Wim"], ["A course", "By Ines"]),
        ({"person": ines.pk}, ["By Ines"], ["By Wim", "A course"]),
        ({"due": "late"}, ["By Ines"], ["By Wim", "A course"]),
        ({"kind": "nonsense", "section": "x"}, ["By Ines", "By Wim"], []),
    ):
        page = board(client, **asked)
        assert all(f">{title}</a>" in page for title in there), asked
        assert not any(f">{title}</a>" in page for title in gone), asked


def test_a_drop_is_the_step_that_leads_there(signed_in, wim, ines, draft):
    answer = drop(signed_in(wim), draft, "pending_review")

    assert answer.status_code == 200
    assert answer.json()["state"] == "pending_review"
    assert "First light" in answer.json()["card"]
    draft.refresh_from_db()
    assert draft.status == Status.PENDING_REVIEW
    # What needs an answer asks first; what was answered is done.
    asked = drop(signed_in(ines), draft, "in_review").json()
    assert 'name="reviewer"' in asked["ask"]
    done = drop(
        signed_in(ines), draft, "in_review", answered="1", reviewer=str(ines.pk)
    )
    assert done.json()["state"] == "in_review"


def test_a_refused_drop_says_why_and_changes_nothing(signed_in, wim, ines, draft):
    nowhere = drop(signed_in(ines), draft, "published")
    assert nowhere.status_code == 409
    assert "no step leads from there to “Published”" in nowhere.json()["said"]

    actions.submit(draft, by=wim)
    forbidden = drop(signed_in(wim), draft, "in_review")
    assert forbidden.status_code == 403 and forbidden.json()["said"]

    empty = factories.article(by=wim, title="Empty", body=[])
    Article.objects.get(pk=empty.pk).blocks.all().delete()
    unready = drop(signed_in(wim), empty, "pending_review")
    assert unready.status_code == 409
    assert "Write the body" in unready.json()["said"]
    assert unready.json()["state"] == "draft"


def test_the_menu_of_a_card_works_without_javascript(signed_in, wim, draft):
    page = board(signed_in(wim))
    assert "Submit for review" in page

    answer = signed_in(wim).post(
        reverse("admin:editorial_board_move"),
        {"item": f"article:{draft.pk}", "verb": "submit"},
        follow=True,
    )

    assert "Submitted for review." in text(answer)


def test_what_one_may_not_view_is_not_on_the_board_and_not_moved(
    signed_in, omar, ines, rosa, draft
):
    assert "First light" not in board(signed_in(omar))
    assert drop(signed_in(omar), draft, "pending_review").status_code == 404
    for nonsense in ("article:x", "user:1", "", "article:"):
        answer = signed_in(ines).post(
            reverse("admin:editorial_board_move"), {"item": nonsense, "to": "draft"}
        )
        assert answer.status_code == 404


def test_the_board_costs_the_same_with_many_items(
    signed_in, wim, ines, django_assert_max_num_queries
):
    client = signed_in(ines)
    for n in range(10):
        one = factories.article(by=wim, title=f"Story {n}")
        if n % 2:
            actions.submit(one, by=wim)
        if n % 4 == 1:
            actions.start_review(one, by=ines)

    with django_assert_max_num_queries(26):
        board(client)


# --- The calendar -----------------------------------------------------------------


def calendar(client, **asked):
    return text(client.get(reverse("admin:editorial_calendar"), {"all": "1", **asked}))


def test_the_calendar_shows_everything_that_has_a_moment(signed_in, wim, ines):
    first = scheduled(wim, ines, title="New story")
    live = factories.publish(factories.article(by=wim, title="Old story"), editor=ines)
    factories.edit(live, by=wim, title="Old story, better")
    factories.approve(live, editor=ines)
    actions.schedule(live, by=ines, publish_at=first.publish_at)
    day = planning.at_site(first.publish_at).date()
    EditorialTask.objects.create(
        title="Buy film", assigned_to=wim, due_date=first.publish_at
    )
    Release.objects.create(
        name="Spring issue",
        created_by=ines,
        release_at=first.publish_at,
        scheduled_by=ines,
    )
    client = signed_in(ines)

    for view in ("month", "week"):
        page = calendar(client, view=view, day=day.isoformat())
        assert "Update goes live" in page and "Old story, better" in page
        for title in ("New story", "Buy film", "Spring issue"):
            assert title in page
    assert "New story" not in calendar(client, day="2020-01-01")
    theirs = calendar(signed_in(wim), day=day.isoformat())
    assert "New story" in theirs and "Spring issue" not in theirs


def test_an_entry_is_moved_to_another_day_at_its_own_hour(signed_in, wim, ines):
    story = scheduled(wim, ines)
    day = planning.at_site(story.publish_at).date() + timedelta(days=4)
    client = signed_in(ines)

    answer = move(client, f"publish:article:{story.pk}", day=day.isoformat())

    assert answer.status_code == 200, answer.content
    before, hour = story.publish_at, planning.at_site(story.publish_at).time()
    story.refresh_from_db()
    assert story.publish_at == before + timedelta(days=4)
    assert planning.at_site(story.publish_at).time() == hour
    assert story.status == Status.SCHEDULED
    at = f"{day:%Y-%m-%d}T07:30"
    assert move(client, f"publish:article:{story.pk}", at=at).status_code == 200
    story.refresh_from_db()
    assert f"{planning.at_site(story.publish_at):%Y-%m-%dT%H:%M}" == at


def test_tasks_releases_and_approved_texts_are_planned_by_dropping(
    signed_in, wim, ines, approved
):
    soon = timezone.now() + timedelta(days=2)
    task = EditorialTask.objects.create(title="Ring", due_date=soon)
    release = Release.objects.create(
        name="Spring", created_by=ines, release_at=soon, scheduled_by=ines
    )
    ready = factories.approve(factories.article(by=wim, title="In it"), editor=ines)
    ReleaseItem.objects.create(release=release, kind="article", item_id=ready.pk)
    client, day = signed_in(ines), (soon + timedelta(days=5)).date()

    for entry in (
        f"task:task:{task.pk}",
        f"release:release:{release.pk}",
        f"ready:article:{approved.pk}",
        f"look:article:{approved.pk}",
    ):
        answer = move(client, entry, day=day.isoformat())
        assert answer.status_code == 200, (entry, answer.content)

    for thing in (task, release, approved):
        thing.refresh_from_db()
    assert planning.at_site(task.due_date).date() == day
    assert planning.at_site(release.release_at).date() == day
    assert approved.status == Status.SCHEDULED
    assert planning.at_site(approved.publish_at).hour == 9
    assert approved.review_by == day
    assert AuditLog.objects.filter(action="look_again").count() == 1


def test_a_refused_move_says_why_and_leaves_the_schedule(signed_in, wim, ines, omar):
    story = scheduled(wim, ines)
    entry = f"publish:article:{story.pk}"

    past = move(signed_in(ines), entry, day="2020-01-01")
    assert past.status_code == 409 and "in the future" in past.json()["said"]
    theirs = move(signed_in(wim), entry, day="2099-01-01")
    assert theirs.status_code == 403 and theirs.json()["said"]
    assert move(signed_in(omar), entry, day="2099-01-01").status_code == 404
    for fields in ({"day": "soon"}, {}, {"at": "noon"}):
        assert move(signed_in(ines), entry, **fields).status_code == 422
    for nonsense in ("published:article:x", "", "publish:article:x"):
        answer = move(signed_in(ines), nonsense, day="2099-01-01")
        assert answer.status_code in (404, 409)

    before = story.publish_at
    story.refresh_from_db()
    assert (story.status, story.publish_at) == (Status.SCHEDULED, before)


def test_the_feed_is_a_calendar_by_a_secret_that_can_be_ended(
    signed_in, client, wim, ines
):
    scheduled(wim, ines, title="Rope, salt; and\\water")
    secretly = signed_in(ines)
    secretly.post(reverse("admin:editorial_calendar_feed"))
    page = calendar(secretly)
    address = page.split('readonly value="')[1].split('"')[0]
    assert address not in calendar(secretly)
    stranger = Client()

    answer = stranger.get(address)

    assert answer["Content-Type"].startswith("text/calendar")
    assert answer["Cache-Control"] == "private, no-store"
    feed = text(answer).replace("\r\n ", "")
    assert "SUMMARY:Goes live: Rope\\, salt\\; and\\\\water" in feed
    assert all(len(line.encode()) <= 75 for line in text(answer).split("\r\n"))
    assert stranger.get("/desk-calendar/guessed.ics").status_code == 404
    ines.role_assignments.all().delete()
    assert stranger.get(address).status_code == 404
    factories.give_role(ines, "editor")
    assert stranger.get(address).status_code == 200
    signed_in(ines).post(reverse("admin:editorial_calendar_feed"), {"end": "1"})
    assert stranger.get(address).status_code == 404


def test_the_calendar_costs_the_same_with_many_entries(
    signed_in, wim, ines, django_assert_max_num_queries
):
    client = signed_in(ines)
    for n in range(6):
        scheduled(wim, ines, title=f"Story {n}")
        EditorialTask.objects.create(
            title=f"Task {n}", assigned_to=wim, due_date=timezone.now()
        )

    with django_assert_max_num_queries(22):
        calendar(client)


# --- Tasks ------------------------------------------------------------------------


def test_a_task_about_an_article_is_given_from_its_page(signed_in, ines, wim, draft):
    client, add = signed_in(ines), reverse("admin:editorial_editorialtask_add")
    page = text(client.get(add, {"about": f"article:{draft.pk}"}))
    assert "First light" in page

    client.post(
        add,
        {
            "title": "Check the tide tables",
            "task_type": "edit",
            "priority": "high",
            "assigned_to": str(wim.pk),
            "status": "pending",
            "about": f"article:{draft.pk}",
        },
    )

    task = EditorialTask.objects.get()
    assert (task.content_type, task.content_id) == ("article", draft.pk)
    assert "gave you a task" in Notice.objects.get(person=wim).sentence
    listed = reverse("admin:editorial_editorialtask_changelist")
    assert "First light" in text(signed_in(wim).get(listed))
    item = reverse("admin:editorial_article_change", args=[draft.pk])
    assert "Check the tide tables" in text(signed_in(wim).get(item))


def test_whoever_has_a_task_says_how_far_it_is(signed_in, wim, ines):
    task = EditorialTask.objects.create(title="Ring", assigned_to=wim, assigned_by=ines)
    state = reverse("admin:editorial_editorialtask_state", args=[task.pk])

    signed_in(wim).post(state, {"state": "in_progress", "back": "task"})
    task.refresh_from_db()
    assert task.status == EditorialTask.Status.IN_PROGRESS
    signed_in(wim).post(state, {"state": "lost"})
    task.refresh_from_db()
    assert task.status == EditorialTask.Status.IN_PROGRESS


def test_tasks_of_others_are_not_there_for_who_edits_none(signed_in, wim, omar, ines):
    task = EditorialTask.objects.create(title="Secret", assigned_to=omar)
    listed = reverse("admin:editorial_editorialtask_changelist")

    assert "Secret" not in text(signed_in(wim).get(listed))
    for name in ("change", "history", "delete"):
        page = reverse(f"admin:editorial_editorialtask_{name}", args=[task.pk])
        assert signed_in(wim).get(page).status_code == 404, name
    assert "Secret" in text(signed_in(omar).get(listed))
    assert "Secret" in text(signed_in(ines).get(listed))
    api = signed_in(wim).get("/api/v1/editorial/tasks/").json()
    assert api["results"] == []


def test_a_task_about_what_one_may_not_view_is_refused(signed_in, draft):
    editor = factories.staff("sam", "editor", category=factories.CategoryFactory())

    answer = signed_in(editor).post(
        reverse("admin:editorial_editorialtask_add"),
        {
            "title": "Peek",
            "task_type": "edit",
            "priority": "low",
            "status": "pending",
            "about": f"article:{draft.pk}",
        },
    )

    assert "is not there any more" in text(answer)
    assert not EditorialTask.objects.exists()


# --- Kept filters -----------------------------------------------------------------


def keep(client, **fields):
    return client.post(
        reverse("admin:editorial_filters"),
        {"page": "article", "name": "Mine", "query": "whose=mine&p=3", **fields},
        follow=True,
    )


def test_a_filter_is_kept_shown_and_opens_the_list(signed_in, wim, omar, draft):
    client, listed = signed_in(wim), reverse("admin:editorial_article_changelist")
    assert "“Mine” is kept" in text(keep(client))
    kept = SavedFilter.objects.get()
    assert kept.query == "whose=mine"
    assert "Mine" in text(client.get(listed))

    client.post(reverse("admin:editorial_filter", args=[kept.pk]), {"do": "first"})

    assert client.get(listed)["Location"] == f"{listed}?whose=mine"
    assert client.get(listed, {"all": "1"}).status_code == 200
    client.post(reverse("admin:editorial_filter", args=[kept.pk]), {"do": "not_first"})
    assert client.get(listed).status_code == 200
    client.post(reverse("admin:editorial_filter", args=[kept.pk]), {"do": "forget"})
    assert not SavedFilter.objects.exists()


def test_a_filter_is_shared_with_a_role_one_holds(signed_in, wim, omar, ines):
    keep(signed_in(wim), shared_with="author", name="For us")
    kept = SavedFilter.objects.get()
    listed = reverse("admin:editorial_article_changelist")

    assert "For us" in text(signed_in(omar).get(listed))
    assert "For us" not in text(signed_in(ines).get(listed))
    door = reverse("admin:editorial_filter", args=[kept.pk])
    assert signed_in(ines).post(door, {"do": "first"}).status_code == 404
    signed_in(omar).post(door, {"do": "forget"})
    assert SavedFilter.objects.exists()


def test_a_filter_without_a_name_or_place_is_refused(signed_in, wim):
    client = signed_in(wim)

    assert "was not kept" in text(keep(client, name=""))
    assert "was not kept" in text(keep(client, shared_with="super_admin"))
    assert keep(client, page="elsewhere").status_code == 404
    keep(client)
    assert "Choose a new name" in text(keep(client))
    assert SavedFilter.objects.count() == 1


def test_the_library_and_the_board_have_kept_filters_too(signed_in, ines):
    client = signed_in(ines)
    for page, name in (
        ("media", "editorial_media_changelist"),
        ("board", "editorial_board"),
        ("calendar", "editorial_calendar"),
        ("editorialtask", "editorial_editorialtask_changelist"),
    ):
        kept = keep(client, page=page, name="Ours", query="kind=image&after=x")
        assert "“Ours” is kept" in text(kept), page
        kept = SavedFilter.objects.get(page=page)
        client.post(reverse("admin:editorial_filter", args=[kept.pk]), {"do": "first"})
        opened = client.get(reverse(f"admin:{name}"))
        assert opened["Location"].endswith("?kind=image"), page
