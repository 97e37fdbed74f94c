"""The layer in front of Django: what is known already is answered from memory.

Only addresses of reader pages and of the content API are looked at (`Door`), only GET
and HEAD. Cookies and sign-ins are taken off such requests before Django sees them, so
an answer cannot depend on them. What may be kept says so: it is public and names its
surrogate keys (`publishing.views.page.stamped`). Everything else passes.
"""

import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from time import monotonic, time

from publishing.page_cache import keys as surrogate
from publishing.page_cache.shelf import NOT_KEPT, Page, squeezed

logger = logging.getLogger(__name__)

OURS = {"Surrogate-Key", "Cache-Control"}
SECONDS = re.compile(r"s-maxage=(\d+)")
"""How long a page may be served that nothing has changed: counters stand on it."""
KEPT = {"200", "301", "404", "410"}
LARGEST = 2_000_000
LONGEST_PATH = 700
LONGEST_QUERY = 400

KNOWN = frozenset(
    [
        *("after", "before", "page", "q", "section", "kind", "level", "category"),
        *("tag", "author", "year", "sort", "ordering", "fields", "cursor", "limit"),
        *("published_after", "published_before", "featured", "is_free", "since"),
        *("types", "series"),
    ]
)
"""Query parameters that pages have. With another one Django is asked, uncached."""
TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|"
    r"mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|vero_id|oly_anon_id|oly_enc_id|ref_src)$"
)
"""Parameters that advertisers add: no page of ours reads them."""

UNCOUNTED = frozenset({"search", "missing"})
"""Pages of which there is no number."""

MAKING = 3.0
"""Seconds for which others wait while one makes a page."""
ELSEWHERE = 0.25
"""Seconds for which another process is waited for."""
FAILED = 2.0
"""Seconds for which stale pages are served at once after Django failed."""

ABOUT_READERS = (
    "HTTP_COOKIE",
    "HTTP_AUTHORIZATION",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_RANGE",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT_LANGUAGE",
    "wsgi.file_wrapper",
)


class Door:
    """Which addresses are reader pages: as many as Django's own list has."""

    def __init__(self, routes, prefixes=()):
        literal = {str(route).partition("<")[0] for route in routes}
        self.exact = {"/", *(f"/{each}" for each in literal if each)}
        self.starts = tuple(
            {f"/{each}" for each in literal if each.endswith("/")}
            | {f"/{each}" for each in literal if each.endswith(".")}
            | set(prefixes)
        )

    def leads_to(self, path):
        return path in self.exact or path.startswith(self.starts)


class PageCache:
    def __init__(
        self, app, *, door, shelf, aside, shared, news, hosts, front, proxy_header=""
    ):
        self.app, self.door = app, door
        self.aside = aside
        """Another shelf, for what has no number: whoever asks for a thousand addresses
        that do not exist pushes no real page off the first."""
        self.front = front
        """What caches in front of us are told."""
        self.shelf, self.shared = shelf, shared
        self._news = news
        """Makes the news of this process: called once, in the process that serves."""
        self.news = None
        self.hosts = hosts
        self.proxy_header = proxy_header
        self._lock = threading.Lock()
        self._making = {}
        self._refreshing = set()
        self._failed_until = 0.0
        self._pool = None

    def __call__(self, environ, start_response):
        method = environ["REQUEST_METHOD"]
        path = environ.get("PATH_INFO") or "/"
        if (
            (method != "GET" and method != "HEAD")
            or not self.door.leads_to(path)
            or len(path) > LONGEST_PATH
            or environ.get("SCRIPT_NAME")
        ):
            return self.app(environ, start_response)
        if self.news is None:
            self._begin()
        query = environ.get("QUERY_STRING", "")
        asked = _tidy(query) if query else ""
        if asked is None:
            return self.app(anonymous(environ), start_response)
        name = self._name(environ, path, asked)

        page = self._known(name)
        if page is not None:
            if query != asked and page.status.startswith("301"):
                # Where it leads to takes the whole query along.
                return self.app(anonymous(environ), start_response)
            came_from = "hit"
            if page.is_due(time()):
                self._refresh(name, environ, asked)
                came_from = "hit; detail=stale"
            return answer(page, environ, start_response, came_from)
        return self._find(name, environ, asked, start_response)

    def _is_shared(self, name):
        """Searches have no number: they would fill Redis and be asked for once."""
        return self.shared.is_there and "/search/?" not in name

    def _begin(self):
        with self._lock:
            if self.news is None:
                news = self._news()
                news.each_time.append(self.shared.look_whether_it_is_back)
                self._pool = ThreadPoolExecutor(2, "page cache")
                news.start()
                self.news = news

    def _name(self, environ, path, query):
        """What the page is kept under. Django judges the host; we only tell apart."""
        host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
        scheme = environ.get("wsgi.url_scheme", "http")
        if self.proxy_header:
            scheme = environ.get(self.proxy_header, scheme)
        return f"{scheme}://{host.lower()}{path}?{query}"

    # --- What is known --------------------------------------------------------

    def _known(self, name):
        """The page, if it is here and as far as anybody knows not out of date."""
        page = self.shelf.get(name) or self.aside.get(name)
        if page is None:
            return None
        news = self.news
        if not news.are_new() and not news.wait() and news.era is None:
            return None
        # Without news the database is away: what was good when we last heard is served.
        if page.good_until == news.position and page.era == news.era:
            return page
        if self._is_good(page):
            return page
        self._forget(name)
        return None

    def _forget(self, name):
        self.shelf.forget(name)
        self.aside.forget(name)

    def _is_good(self, page):
        news = self.news
        position = news.position
        if page.era != news.era or news.condemn(page.keys, page.made_at):
            return False
        page.good_until = position
        return True

    def _fetch(self, name):
        """The page from Redis, if another process has made it and it is good."""
        if not self._is_shared(name):
            return None
        data = self.shared.get(name)
        if not data:
            return None
        try:
            page = Page.loads(data)
        except (ValueError, TypeError, OSError):
            logger.warning("A page in Redis was not understood; it is made anew.")
            return None
        if not self._is_good(page):
            return None
        self.shelf.put(name, page)
        return page

    # --- What is not known ----------------------------------------------------

    def _find(self, name, environ, query, start_response):
        self.news.wait()
        with self._lock:
            done = self._making.get(name)
            is_ours = done is None
            if is_ours:
                done = self._making[name] = threading.Event()
        if not is_ours:
            done.wait(MAKING)
            page = self._known(name)
            if page is not None:
                return answer(page, environ, start_response, "hit; detail=collapsed")
            # It may not be kept, or takes too long: ask by ourselves.
            said = Said(self.app, plain(environ, query), self.front)
            return said.repeat(start_response, environ["REQUEST_METHOD"] == "HEAD")
        try:
            page = self._from_another_process(name)
            if page is not None:
                return answer(page, environ, start_response, "hit; detail=shared")
            page, said = self._make(name, environ, query)
        finally:
            with self._lock:
                self._making.pop(name, None)
            done.set()
            if self._is_shared(name):
                self.shared.made(name)
        if page is not None:
            return answer(page, environ, start_response, "fwd=miss")
        return said.repeat(start_response, environ["REQUEST_METHOD"] == "HEAD")

    def _from_another_process(self, name):
        page = self._fetch(name)
        if page is not None or not self._is_shared(name):
            return page
        until = monotonic() + ELSEWHERE
        while not self.shared.may_make(name) and monotonic() < until:
            threading.Event().wait(0.015)
            if (page := self._fetch(name)) is not None:
                return page
        return None

    def _make(self, name, environ, query):
        """Ask Django; (the page that is kept or None, what Django said)."""
        era, position = self.news.era, self.news.position
        where = self.hosts.before()
        said = Said(self.app, plain(environ, query), self.front)
        if said.status.startswith("5"):
            self._failed_until = monotonic() + FAILED
        page = said.page(era, self.hosts.position(where, position))
        if page is not None:
            self._keep(name, page)
        return page, said

    def _keep(self, name, page):
        if page.era is None:
            return
        if not UNCOUNTED.isdisjoint(page.keys):
            self.aside.put(name, page)
            return
        self.shelf.put(name, page)
        if self._is_shared(name):
            self.shared.bring(name, page.dumps(), page.made_at)

    # --- Making anew what is still good ---------------------------------------

    def _refresh(self, name, environ, query):
        """In the background, by one thread of one process; readers do not wait."""
        if monotonic() < self._failed_until or not self.news.are_new():
            return
        with self._lock:
            if name in self._refreshing or len(self._refreshing) > 50:
                return
            self._refreshing.add(name)
        try:
            self._pool.submit(self._refresh_now, name, plain(environ, query), query)
        except RuntimeError:  # the process is ending
            self._refreshing.discard(name)

    def _refresh_now(self, name, environ, query):
        try:
            kept = self._fetch(name)
            if kept is not None and not kept.is_due(time()):
                return
            if self.shared.may_make(name):
                page, said = self._make(name, environ, query)
                if page is None and not said.status.startswith("5"):
                    self._forget(name)
            self.shared.made(name)
        except Exception:
            logger.exception("A page was not made anew")
        finally:
            with self._lock:
                self._refreshing.discard(name)


# --- Answers ------------------------------------------------------------------


def answer(page, environ, start_response, came_from):
    """A page as this reader takes it: compressed or plain, or "you have it"."""
    if page.etag and _has_it(environ.get("HTTP_IF_NONE_MATCH"), page.etag):
        start_response("304 Not Modified", page.headers_for("none", came_from))
        return ()
    encoding = ""
    if page.squeezed and takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
        encoding = "gzip"
    start_response(page.status, page.headers_for(encoding, came_from))
    if environ["REQUEST_METHOD"] == "HEAD":
        return ()
    return (page.squeezed if encoding else page.body,)


def _has_it(header, etag):
    """Weakly compared: our validators are hashes, which stand in no other."""
    return header is not None and (
        header.strip() == "*" or etag.removeprefix("W/") in header
    )


@lru_cache(maxsize=256)
def takes_gzip(header):
    for part in header.split(","):
        coding, _, more = part.partition(";")
        if coding.strip().lower() in ("gzip", "x-gzip", "*"):
            weight = more.strip().lower().removeprefix("q=")
            return weight.strip("0.") != "" if more.strip() else True
    return False


@lru_cache(maxsize=4096)
def _tidy(query):
    """The query without what advertisers add, in one order; None: Django decides."""
    if len(query) > LONGEST_QUERY:
        return None
    kept = []
    for part in query.split("&"):
        name = part.partition("=")[0]
        if name in KNOWN:
            kept.append(part)
        elif name and not TRACKING.match(name):
            return None
    names = [part.partition("=")[0] for part in kept]
    if len(set(names)) != len(names):
        return None  # which one counts, Django knows
    return "&".join(sorted(kept))


def anonymous(environ):
    """The same request by nobody in particular."""
    inner = dict(environ)
    inner.pop("HTTP_COOKIE", None)
    inner.pop("HTTP_AUTHORIZATION", None)
    return inner


def plain(environ, query):
    """The request whose answer is the same for everyone."""
    inner = dict(environ)
    for name in ABOUT_READERS:
        inner.pop(name, None)
    inner["REQUEST_METHOD"] = "GET"
    inner["QUERY_STRING"] = query
    # It may be asked when the reader's connection has ended.
    inner["wsgi.input"] = BytesIO()
    inner["CONTENT_LENGTH"] = ""
    return inner


class Said:
    """What Django answers, complete."""

    def __init__(self, app, environ, front):
        self.front = front
        # Read before Django is asked: it writes the path, decoded, into its environ.
        path = environ.get("PATH_INFO", "")
        self.path = path.encode("latin-1").decode(errors="replace")
        self.status, self.headers = "", []
        chunks = app(environ, self._start)
        try:
            self.body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    def _start(self, status, headers, exc_info=None):
        self.status = status
        self.told = {name.lower(): value for name, value in headers}
        self.headers = [pair for pair in headers if pair[0] not in OURS]
        if rules := self.told.get("cache-control"):
            if "surrogate-key" in self.told:
                rules = self.front.rules(rules)
            self.headers.append(("Cache-Control", rules))

    def repeat(self, start_response, is_head=False):
        start_response(self.status, self.headers)
        return () if is_head else (self.body,)

    def page(self, era, made_at):
        """The page to be kept, or None if this answer is not for keeping."""
        if made_at is None or self.status[:3] not in KEPT:
            return None
        told = self.told
        keys = told.get("surrogate-key", "").split()
        rules, vary = told.get("cache-control", ""), told.get("vary", "").lower()
        seconds = SECONDS.search(rules)
        if (
            not (keys and seconds and rules.startswith("public"))
            or "private" in rules
            or "set-cookie" in told
            or "content-encoding" in told
            or "cookie" in vary
            or "*" in vary
            or len(self.body) > LARGEST
        ):
            return None
        if not all(map(surrogate.is_known, keys)):
            logger.info("%s names keys that nobody knows.", self.path)
            return None
        all_keys = {*keys, *surrogate.of_path(self.path), surrogate.SECTIONS}
        all_keys = sorted(all_keys)
        self.headers += self.front.labels(all_keys)
        etag = told.get("etag", "") if self.status.startswith("200") else ""
        if not etag and self.status.startswith("200"):
            etag = f'W/"{blake2b(self.body, digest_size=12).hexdigest()}"'
            self.headers.append(("ETag", etag))
        return Page(
            status=self.status,
            headers=[pair for pair in self.headers if pair[0].lower() not in NOT_KEPT],
            body=self.body,
            squeezed=squeezed(self.body),
            etag=etag,
            keys=tuple(all_keys),
            era=era,
            made_at=made_at,
            made=time(),
            seconds=int(seconds[1]),
        )
