"""What a style says that is more than looks: bold, italic, struck, raised, hidden."""

import re

_DECLARATION = re.compile(r"\s*([a-zA-Z-]+)\s*:\s*([^;]*)")

HEADINGS = tuple(f"h{level}" for level in range(1, 7))
BOLD, ITALIC = ("b", "strong"), ("i", "em")


def style_of(element):
    """{property: value}, lower case. Only a few properties are ever looked at."""
    given = element.get("style") or ""
    return {
        name.lower(): value.strip().lower()
        for name, value in _DECLARATION.findall(given[:2_000])
    }


def is_bold(value):
    return value in ("bold", "bolder") or (value.isdigit() and int(value) >= 600)


def is_regular(value):
    return value in ("normal", "lighter") or (value.isdigit() and int(value) < 600)


def is_hidden(element, style):
    """Word keeps texts in the clipboard that nobody saw."""
    return (
        style.get("display") == "none"
        or style.get("mso-hide") == "all"
        or style.get("visibility") == "hidden"
        or element.get("hidden") is not None
    )


def marks_in(style, element):
    """Tags that say the same as the style of a <span>."""
    found = []
    if is_bold(style.get("font-weight", "")):
        found.append("strong")
    if style.get("font-style") in ("italic", "oblique"):
        found.append("em")
    lines = style.get("text-decoration", "") + style.get("text-decoration-line", "")
    if "line-through" in lines:
        found.append("s")
    # Underlined words of a link are underlined because they are a link.
    if "underline" in lines and not within(element, "a") and not has_link(element):
        found.append("u")
    if style.get("vertical-align") in ("super", "sub"):
        found.append("sup" if style["vertical-align"] == "super" else "sub")
    return found


def is_undone(element, style):
    """<b style="font-weight: normal">, which Google Docs puts around everything."""
    if element.tag in BOLD:
        return is_regular(style.get("font-weight", ""))
    if element.tag in ITALIC:
        return style.get("font-style") == "normal"
    return False


def within(element, *tags):
    return next(element.iterancestors(*tags), None) is not None


def has_link(element):
    return next(element.iter("a"), None) is not None


def is_preformatted(element, style):
    """A program's window: code editors put their lines as <div> below one <div>."""
    return (
        element.tag == "div"
        and style.get("white-space", "").startswith("pre")
        and "mono" in style.get("font-family", "")
    )
