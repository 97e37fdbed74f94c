"""Caches in front are told what is out of date: soon, in few calls, until they know."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction
from django.utils import timezone

from cms.databases import PUBLIC
from publishing.models import PageChange, PurgeTarget, Receipt
from publishing.purging import checks, log, sending
from publishing.templatetags.receipts import outcome

pytestmark = pytest.mark.django_db(databases="__all__")

ZONE, SERVICE, SECRET = "023e105f4ecef8ad", "SU1Z0isxPaozGVKXdv0eY", "a-token"


class Edge(BaseHTTPRequestHandler):
    """Answers as the four kinds document it, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        if self.server.broken:
            return self.say(*self.server.broken)
        known = {
            ("POST", f"/client/v4/zones/{ZONE}/purge_cache"): self.cloudflare,
            ("POST", f"/service/{SERVICE}/purge"): self.fastly,
            ("POST", f"/service/{SERVICE}/purge_all"): self.fastly,
            ("BAN", "/"): self.varnish,
            ("PURGE", "/*"): self.nginx,
        }
        return known.get((self.command, self.path), self.nothing)(body)

    do_POST = do_BAN = do_PURGE = do_GET = answer

    def cloudflare(self, body):
        if self.headers["Authorization"] != f"Bearer {SECRET}":
            return self.say(403, '{"success":false,"errors":[{"code":10000,'
                                 '"message":"Authentication error"}]}')  # fmt: skip
        asked = json.loads(body)
        if len(asked.get("tags", [])) > 100 or not (
            {"tags", "purge_everything"} & set(asked)
        ):
            return self.say(400, '{"success":false,"errors":[{"message":"Too many"}]}')
        return self.say(200, '{"success":true,"errors":[],"result":{"id":"1"}}')

    def fastly(self, body):
        if self.headers["Fastly-Key"] != SECRET:
            return self.say(
                401, '{"msg":"Provided credentials are missing or invalid"}'
            )
        keys = self.headers.get("Surrogate-Key", "").split()
        if self.path.endswith("/purge") and not 0 < len(keys) <= 256:
            return self.say(400, '{"msg":"Bad request"}')
        return self.say(200, json.dumps(dict.fromkeys(keys, "108-1391560174-974124")))

    def varnish(self, body):
        if "X-Ban-Keys" not in self.headers:
            return self.say(400, "Say in X-Ban-Keys what to ban.")
        return self.say(200, "Banned")

    def nginx(self, body):
        return self.say(200, "<html><title>Successful purge</title></html>")

    def nothing(self, body):
        self.say(404, "nothing here")

    def say(self, status, text, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def edge(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Edge)
    server.asked, server.broken = [], None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    settings.CLOUDFLARE_API_URL, settings.FASTLY_API_URL = f"{url}/client/v4", url
    settings.CLOUDFLARE_ZONE_ID, settings.FASTLY_SERVICE_ID = ZONE, SERVICE
    settings.CLOUDFLARE_API_TOKEN = settings.FASTLY_API_TOKEN = SECRET
    settings.VARNISH_URLS = settings.NGINX_URLS = [url]
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def front(settings, edge):
    """Puts a cache in front, which knows of everything until now."""

    def put(*kinds):
        settings.PURGED_CACHES = list(kinds)
        with transaction.atomic(using=PUBLIC):
            log.note({"home"})
        sending.send()
        edge.asked.clear()
        return edge

    return put


def note(*keys, **more):
    with transaction.atomic(using=PUBLIC):
        return log.note(set(keys), **more)


def is_due():
    PurgeTarget.objects.update(due_at=None)


# --- It works -------------------------------------------------------------------------


def test_cloudflare_is_told_the_tags_of_many_deliveries_in_one_call(front):
    edge = front("cloudflare")
    for number in range(30):
        note("articles", f"item-{number}")

    assert sending.send() == 1

    ((method, path, headers, body),) = edge.asked
    assert (method, path) == ("POST", f"/client/v4/zones/{ZONE}/purge_cache")
    assert headers["Content-Type"] == "application/json"
    tags = json.loads(body)["tags"]
    assert sorted(tags) == sorted({"articles", *(f"item-{n}" for n in range(30))})
    assert sending.send() == 0


def test_fastly_varnish_and_nginx_are_told_in_their_words(front):
    edge = front("fastly", "varnish", "nginx")
    note("home", "item-1")

    assert sending.send() == 3

    fastly, varnish, nginx = edge.asked
    assert fastly[1] == f"/service/{SERVICE}/purge"
    assert fastly[2]["Surrogate-Key"] == "home item-1"
    assert varnish[0] == "BAN"
    assert varnish[2]["X-Ban-Keys"] == r"(^|\s)(home|item\-1)(\s|$)"
    assert nginx[:2] == ("PURGE", "/*")


def test_too_many_keys_and_a_rebuild_are_one_call_that_forgets_all(front):
    edge = front("cloudflare", "fastly", "varnish")
    note(*(f"item-{number}" for number in range(2000)))
    sending.send()
    note("everything")
    sending.send()

    bodies = [json.loads(body) for _, path, _, body in edge.asked if "zones" in path]
    assert bodies == [{"purge_everything": True}] * 2
    assert [p for _, p, _, _ in edge.asked if "service" in p] == [
        f"/service/{SERVICE}/purge_all"
    ] * 2
    assert {h["X-Ban-Keys"] for m, _, h, _ in edge.asked if m == "BAN"} == {"."}


def test_more_keys_than_one_call_takes_are_some_calls(front):
    edge = front("cloudflare")
    note(*(f"item-{number}" for number in range(250)))

    assert sending.send() == 3
    assert sum(len(json.loads(body)["tags"]) for *_, body in edge.asked) == 250


def test_it_is_told_again_once_every_process_of_ours_has_heard(front):
    edge = front("varnish")
    note("item-1")
    sending.send()
    assert len(edge.asked) == 1
    PageChange.objects.update(happened_at=timezone.now() - timedelta(seconds=4))

    sending.send()
    sending.send()

    assert len(edge.asked) == 2
    assert "item\\-1" in edge.asked[1][2]["X-Ban-Keys"]


# --- It fails -------------------------------------------------------------------------


def test_what_failed_is_told_later_and_named_on_the_desk(front, caplog):
    edge = front("cloudflare")
    edge.broken = (429, '{"success":false,"errors":[{"message":"Rate limited"}]}')
    position = note("item-1", event_id="0190aaaa-0000-7000-8000-000000000001")
    receipt = a_receipt("0190aaaa-0000-7000-8000-000000000001")

    sending.send()
    sending.send()  # not before it is due

    assert len(edge.asked) == 1
    target = PurgeTarget.objects.get(pk="cloudflare")
    assert target.position == position - 1
    assert target.due_at > timezone.now() + timedelta(seconds=1)
    assert "It answered 429: Rate limited." in target.error
    receipt.refresh_from_db()
    assert receipt.purged_at is None
    assert "Cloudflare may show the old page" in outcome(receipt)
    assert "CLOUDFLARE_API_TOKEN" in outcome(receipt)

    edge.broken = None
    is_due()
    sending.send()

    receipt.refresh_from_db()
    assert receipt.purged_at is not None
    assert PurgeTarget.objects.get(pk="cloudflare").error == ""


def test_it_waits_longer_with_each_failure_and_as_long_as_it_is_told(front):
    edge = front("fastly")
    edge.broken = (503, "down", )  # fmt: skip
    note("item-1")
    waits = []
    for _ in range(4):
        is_due()
        sending.send()
        due = PurgeTarget.objects.get(pk="fastly").due_at
        waits.append((due - timezone.now()).total_seconds())

    assert waits == sorted(waits)
    assert 14 < waits[-1] < 17


def test_a_token_that_is_wrong_is_said_in_a_sentence(front, settings):
    front("cloudflare")
    settings.CLOUDFLARE_API_TOKEN = "another"
    note("item-1")
    sending.send()

    ((title, sentence, _),) = sending.troubles()
    assert title == "Cloudflare"
    assert sentence.startswith("It answered 403: Authentication error. Look at")


def test_nobody_there_is_a_sentence_too(front, settings):
    front("varnish")
    settings.VARNISH_URLS = ["http://127.0.0.1:1"]
    note("item-1")
    sending.send()

    assert "It cannot be reached" in PurgeTarget.objects.get(pk="varnish").error


def test_whoever_dies_while_purging_is_followed_by_another(front):
    edge = front("varnish")
    note("item-1")
    assert sending._claim("varnish") is not None  # and then it was killed

    assert sending.send() == 0
    PurgeTarget.objects.filter(pk="varnish").update(
        due_at=timezone.now() - timedelta(seconds=1)
    )
    assert sending.send() == 1
    assert len(edge.asked) == 1


def test_a_gap_in_the_log_forgets_all(front):
    edge = front("cloudflare")
    note("item-1")
    note("item-2")
    PageChange.objects.filter(keys=["item-1"]).delete()

    sending.send()

    assert json.loads(edge.asked[0][3]) == {"purge_everything": True}


def test_without_a_cache_in_front_nobody_is_told(settings, edge):
    settings.PURGED_CACHES = []
    note("item-1")

    assert sending.send() == 0
    assert not edge.asked
    assert not PurgeTarget.objects.exists()


def test_the_desk_names_a_cache_that_cannot_be_told(front, client, ines):
    edge = front("cloudflare")
    edge.broken = (500, "oops")
    note("item-1")
    sending.send()
    client.force_login(ines)

    page = client.get("/admin/").content.decode()

    assert "Cloudflare may show old pages" in page
    assert "It answered 500: oops." in page


def test_settings_that_lack_something_are_said_by_check(settings):
    settings.PURGED_CACHES = ["akamai"]
    assert [one.id for one in checks.caches_in_front_are_known(None)] == [
        "publishing.E001"
    ]
    settings.CMS_SERVICE, settings.PURGED_CACHES = "worker", ["varnish", "fastly"]
    missing = checks.caches_in_front_are_known(None)
    assert [one.msg.split(", and ")[1] for one in missing] == [
        "VARNISH_URLS is not set.",
        "FASTLY_SERVICE_ID is not set.",
        "FASTLY_API_TOKEN is not set.",
    ]
    assert not checks.pages_have_a_redis_of_their_own(None)
    settings.PAGE_CACHE_REDIS_URL = settings.REDIS_URL
    (warning,) = checks.pages_have_a_redis_of_their_own(None)
    assert "REDIS_URL" in warning.msg


def a_receipt(event_id):
    now = timezone.now()
    return Receipt.objects.create(
        event_id=event_id,
        item_id="0190bbbb-0000-7000-8000-000000000001",
        cause="publish",
        is_live=True,
        content_version=1,
        url="/articles/x/",
        committed_at=now,
        projected_at=now,
    )
