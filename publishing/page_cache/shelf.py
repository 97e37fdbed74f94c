"""Pages as they are kept: in this process, by bytes, the least used ones go first."""

import gzip
import json
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

SMALL = 1024
"""Bytes below which compressing costs more than it saves."""
NOT_KEPT = {"content-length", "content-encoding", "date", "server", "connection"}
NOT_MODIFIED = {
    *("cache-control", "content-location", "etag", "expires", "vary"),
    *(
        "surrogate-key",
        "surrogate-control",
        "cache-tag",
        "cloudflare-cdn-cache-control",
    ),
}
"""What an answer without a body says again."""


@dataclass(slots=True)
class Page:
    """A complete answer, the same for everyone."""

    status: str
    headers: list
    """(name, value) without what differs by encoding."""
    body: bytes
    squeezed: bytes
    """The body compressed, or nothing if it is too small for that."""
    etag: str
    keys: tuple
    era: str
    made_at: int
    """Position of the log of changes from before it was made."""
    made: float
    """Seconds since 1970."""
    seconds: float
    """How long before it is made anew though nothing changed: counters stand on it."""
    good_until: int = -1
    """Position up to which it is known to be good."""
    ready: dict = field(default_factory=dict, repr=False)
    """Headers as they are sent, by encoding and by where it came from."""

    @property
    def size(self):
        return 2 * len(self.body) + len(self.squeezed) + 2000

    def is_due(self, now):
        return now > self.made + self.seconds

    def headers_for(self, encoding, came_from):
        """The headers of an answer, put together once; "none" is one without body."""
        found = self.ready.get((encoding, came_from))
        if found is None and encoding == "none":
            found = [pair for pair in self.headers if pair[0].lower() in NOT_MODIFIED]
            found.append(("Cache-Status", f"masthead; {came_from}"))
            self.ready[encoding, came_from] = found
        if found is None:
            body = self.squeezed if encoding == "gzip" else self.body
            found = [*self.headers, ("Content-Length", str(len(body)))]
            if encoding == "gzip":
                found.append(("Content-Encoding", "gzip"))
            found.append(("Cache-Status", f"masthead; {came_from}"))
            self.ready[encoding, came_from] = found
        return found

    # --- For Redis ------------------------------------------------------------

    def dumps(self):
        about = json.dumps(
            [
                *(self.status, self.headers, self.etag, self.keys, self.era),
                *(self.made_at, self.made, self.seconds, bool(self.squeezed)),
            ]
        )
        return about.encode() + b"\n" + (self.squeezed or self.body)

    @classmethod
    def loads(cls, data):
        about, _, body = data.partition(b"\n")
        status, headers, etag, keys, era, made_at, made, seconds, is_squeezed = (
            json.loads(about)
        )
        return cls(
            status=status,
            headers=[tuple(pair) for pair in headers],
            body=gzip.decompress(body) if is_squeezed else body,
            squeezed=body if is_squeezed else b"",
            etag=etag,
            keys=tuple(keys),
            era=era,
            made_at=made_at,
            made=made,
            seconds=seconds,
        )


def squeezed(body):
    """Compressed, the same bytes each time: no clock in it."""
    return gzip.compress(body, 6, mtime=0) if len(body) > SMALL else b""


class Shelf:
    """Pages of this process."""

    def __init__(self, most_bytes):
        self.most_bytes = most_bytes
        self.bytes = 0
        self._pages = OrderedDict()
        self._lock = Lock()

    def __len__(self):
        return len(self._pages)

    def get(self, name):
        page = self._pages.get(name)
        if page is not None:
            try:
                self._pages.move_to_end(name)
            except KeyError:  # another thread has just thrown it away
                return None
        return page

    def put(self, name, page):
        if page.size > self.most_bytes // 8:
            return
        with self._lock:
            self._forget(name)
            self._pages[name] = page
            self.bytes += page.size
            while self.bytes > self.most_bytes:
                _, oldest = self._pages.popitem(last=False)
                self.bytes -= oldest.size

    def forget(self, name):
        with self._lock:
            self._forget(name)

    def _forget(self, name):
        page = self._pages.pop(name, None)
        if page is not None:
            self.bytes -= page.size
