"""What caches in front of us are told of a page."""

import re

FOR_EVERYONE = re.compile(r", (?:s-maxage|stale-while-revalidate)=\d+")


class Front:
    """`kinds` are those that we tell of changes; see `publishing.purging.caches`."""

    def __init__(self, kinds=(), seconds=60):
        self.kinds, self.seconds = frozenset(kinds), seconds

    def rules(self, rules):
        """Cache-Control. A cache that nobody tells of changes asks each second: so what
        was taken down is gone from it, too, and in most cases it hears "not modified".
        """
        least = self.seconds if self.kinds else 1
        found = re.search(r"s-maxage=(\d+)", rules)
        seconds = min(int(found[1]), least) if found else 0
        rules = FOR_EVERYONE.sub("", rules)
        while_it_asks = f", stale-while-revalidate={seconds}" if self.kinds else ""
        return rules.replace(
            "max-age=0", f"max-age=0, s-maxage={seconds}{while_it_asks}", 1
        )

    def labels(self, keys):
        """Headers that name the keys, for those who purge by them."""
        found = []
        if self.kinds & {"fastly", "varnish"}:
            found.append(("Surrogate-Key", " ".join(keys)))
        if "cloudflare" in self.kinds:
            found.append(("Cache-Tag", ",".join(keys)))
        return found
