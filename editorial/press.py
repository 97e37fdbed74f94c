"""What the desk asks of those who print: publishing fills these in when it starts.

Imports point one way, so the newsroom cannot import them. They read, and write
nothing.
"""

NOBODY = "Nobody prints: the app `publishing` is not installed."


def page_of(item, snapshot, **context):
    """The whole page of an item with this content, as readers would get it: HTML."""
    raise NotImplementedError(NOBODY)


def card_of(item, snapshot):
    """What that page tells search engines and social networks: a dict."""
    raise NotImplementedError(NOBODY)


def changes_of(item, verb):
    """What readers would notice of a verb: `publishing.foresight.Changes`."""
    raise NotImplementedError(NOBODY)


def receipt_of(item, version):
    """How far this version has come on its way to readers: a dict."""
    raise NotImplementedError(NOBODY)
