"""Asking other sites whether a page is there, without being sent where we must not go.

Whoever writes a link chooses what our worker connects to. So an address is resolved
first, each number it has must be one of the public internet, and the connection goes
to exactly the number that was looked at: a name that answers differently the second
time gains nothing. Redirects are followed by hand, with the same look at each step.
Nothing of a body is read, no proxy and no credentials are used, and answers are kept
as a status and a sentence.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from editorial.models import LinkAnswer

CONNECT_SECONDS = 5
ALL_SECONDS = 15
"""For one address with all its redirects."""
MOST_REDIRECTS = 5
PORTS = {"http": 80, "https": 443}
AGENT = "Mozilla/5.0 (compatible; Masthead link check)"
GONE = {404, 410}
SAYS_NOTHING = {401, 402, 403, 405, 406, 407, 429, 451, 999}
"""Sites that answer robots so may well answer people with the page."""

State = LinkAnswer.State


@dataclass(frozen=True)
class Answer:
    state: str
    status: int | None
    said: str


class NotAsked(Exception):
    """The address leads where a worker must not go, or nowhere."""


class NoAnswer(Exception):
    pass


def is_public(number):
    """Whether an IP address is one of the internet, and of nobody's own network."""
    address = ipaddress.ip_address(number.split("%")[0])
    inner = []
    if address.version == 6:
        inner = [address.ipv4_mapped, address.sixtofour]
        if address.teredo:
            inner += address.teredo
        if address in ipaddress.ip_network("64:ff9b::/96"):  # NAT64
            inner.append(ipaddress.ip_address(int(address) & 0xFFFFFFFF))
    return all(
        one.is_global and not one.is_multicast and not one.is_reserved
        for one in [address, *inner]
        if one is not None
    )


def ask(url, *, may_ask=is_public, ports=PORTS):
    """What the address answers: HEAD first, GET where HEAD says nothing of use."""
    deadline = time.monotonic() + ALL_SECONDS
    try:
        status = _follow("HEAD", url, deadline, may_ask, ports)
        if status >= 400 and status not in GONE:
            status = _follow("GET", url, deadline, may_ask, ports)
    except NotAsked as why:
        return Answer(State.REFUSED, None, str(why))
    except NoAnswer as why:
        return Answer(State.AWAY, None, str(why))
    return _in_words(status)


def _in_words(status):
    if status < 400:
        return Answer(State.FINE, status, "It answers.")
    if status in GONE:
        return Answer(State.BROKEN, status, f"The page is not there ({status}).")
    if status in SAYS_NOTHING:
        return Answer(State.AWAY, status, f"The site turns our check away ({status}).")
    if status >= 500:
        return Answer(State.AWAY, status, f"The site has trouble ({status}).")
    return Answer(State.BROKEN, status, f"The site refuses the address ({status}).")


def _follow(method, url, deadline, may_ask, ports):
    for _ in range(MOST_REDIRECTS + 1):
        status, location = _one(method, url, deadline, may_ask, ports)
        if status not in (301, 302, 303, 307, 308) or not location:
            return status
        url = urljoin(url, location)
    raise NoAnswer(f"It redirects more than {MOST_REDIRECTS} times.")


def _one(method, url, deadline, may_ask, ports):
    """(status, where it redirects) of one request."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAsked("The address is malformed.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise NotAsked("It leads to something that is not a web page.")
    if parts.username or parts.password:
        raise NotAsked("The address has a password in it.")
    port = port or ports[parts.scheme]
    if port not in ports.values():
        raise NotAsked(f"Port {port} is not one of the web's.")
    number = _number_of(parts.hostname, port, may_ask)
    left = deadline - time.monotonic()
    if left <= 0:
        raise NoAnswer("It took too long.")
    connection = _Pinned(parts.scheme, parts.hostname, port, number, left)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="=&%+/:@!$,;~-._?()*'[]")
    try:
        connection.request(method, path, headers={"User-Agent": AGENT, "Accept": "*/*"})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")
    except TimeoutError:
        raise NoAnswer("It took too long.") from None
    except ssl.SSLError as problem:
        raise NoAnswer(f"Its certificate is not good ({_short(problem)}).") from None
    except (OSError, http.client.HTTPException, UnicodeError, ValueError) as problem:
        raise NoAnswer(f"It did not answer ({_short(problem)}).") from None
    finally:
        connection.close()


def _short(problem):
    return (getattr(problem, "reason", "") or type(problem).__name__)[:80]


def _number_of(host, port, may_ask):
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NoAnswer("There is no site of this name.") from None
    numbers = [one[4][0] for one in found]
    if not all(map(may_ask, numbers)):
        raise NotAsked("It leads into a private network.")
    return numbers[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to one number, in the name of a host."""

    def __init__(self, scheme, host, port, number, seconds):
        super().__init__(host, port, timeout=min(CONNECT_SECONDS, seconds))
        self._scheme, self._number = scheme, number
        self.default_port = PORTS[scheme]

    def connect(self):
        self.sock = socket.create_connection((self._number, self.port), self.timeout)
        if self._scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
