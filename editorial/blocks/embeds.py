"""Embeds: a link to what stands elsewhere. Nothing of it loads with the page."""

import re
from html import escape
from urllib.parse import parse_qs, quote, urlsplit

from editorial.blocks.attributes import Attribute, required, text
from editorial.blocks.inline import Inline
from editorial.blocks.links import fault_of_link
from editorial.blocks.nodes import attrs_of, declare

PROVIDERS = {
    "YouTube": (
        "www.youtube.com",
        "youtube.com",
        "m.youtube.com",
        "youtu.be",
        "www.youtube-nocookie.com",
    ),
    "Vimeo": ("vimeo.com", "player.vimeo.com"),
    "Dailymotion": ("www.dailymotion.com", "dai.ly"),
    "PeerTube": ("framatube.org",),
    "TED": ("www.ted.com", "embed.ted.com"),
    "WordPress.tv": ("wordpress.tv",),
    "X": ("twitter.com", "x.com"),
    "Bluesky": ("bsky.app",),
    "Mastodon": ("mastodon.social",),
    "Facebook": ("www.facebook.com",),
    "Instagram": ("www.instagram.com", "instagram.com"),
    "TikTok": ("www.tiktok.com",),
    "Reddit": ("www.reddit.com",),
    "Flickr": ("www.flickr.com", "flic.kr"),
    "Spotify": ("open.spotify.com",),
    "SoundCloud": ("soundcloud.com", "w.soundcloud.com"),
    "Mixcloud": ("www.mixcloud.com",),
    "SlideShare": ("www.slideshare.net",),
    "Speaker Deck": ("speakerdeck.com",),
    "Internet Archive": ("archive.org",),
    "OpenStreetMap": ("www.openstreetmap.org",),
    "CodePen": ("codepen.io",),
    "GitHub Gist": ("gist.github.com",),
}
HOSTS = {host: name for name, hosts in PROVIDERS.items() for host in hosts}


def provider_of(url):
    """The provider's name if this exact host is allowed, else None."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.username or parts.port:
            return None
    except (ValueError, AttributeError):
        return None
    return HOSTS.get(parts.hostname or "")


def fault_of_embed(value):
    if fault := fault_of_link(value):
        return fault
    if provider_of(value) is None:
        return "has an address of a site that is not on the list of embeds"
    return None


def address_of(url):
    """Where the link leads: rebuilt from the video's id where there is one."""
    provider, parts = provider_of(url), urlsplit(url)
    if provider == "YouTube":
        found = re.search(r"^/(?:embed/|shorts/|live/|v/)([\w-]{6,20})", parts.path)
        if parts.hostname == "youtu.be":
            found = re.search(r"^/([\w-]{6,20})", parts.path)
        video = found[1] if found else parse_qs(parts.query).get("v", [""])[0]
        if re.fullmatch(r"[\w-]{6,20}", video):
            return f"https://www.youtube.com/watch?v={video}"
    if provider == "Vimeo" and (found := re.search(r"/(\d{4,15})(?:/|$)", parts.path)):
        return f"https://vimeo.com/{found[1]}"
    rest = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe='=&%+/:@!$,;~-._')}" if parts.query else ""
    return f"https://{parts.hostname}{rest}{query}"


@declare
class Embed(Inline):
    """What stands in it is the caption."""

    name = block = "embed"
    attributes = {"url": required(Attribute(fault_of_embed)), "title": text(500)}

    def html(self, node, page):
        attrs = attrs_of(node)
        url = attrs["url"] if page.editing else address_of(attrs["url"])
        provider = provider_of(attrs["url"])
        title = attrs.get("title") or ("" if page.editing else f"See it on {provider}")
        caption = self.inner(node, page)
        if caption:
            caption = f"<figcaption>{caption}</figcaption>"
        name = re.sub(r"[^a-z]+", "-", provider.lower())
        return (
            f'<figure class="embed embed-{name}"><a class="embed-link" '
            f'href="{escape(url)}" rel="noopener noreferrer">'
            f"{page.escape_text(title) or escape(url)}</a>{caption}</figure>\n"
        )

    def text(self, node):
        title = attrs_of(node).get("title") or ""
        return "\n".join(filter(None, [title, super().text(node)]))
