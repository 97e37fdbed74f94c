"""Small questions about elements of the tree that lxml reads."""

import re

from lxml import etree


def source_of(element):
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def classes_of(element):
    return set((element.get("class") or "").split())


def align_of(element):
    """How its text is aligned: by attribute, class or style."""
    given = (element.get("align") or "").lower()
    for name in classes_of(element):
        if name.startswith(("align-", "has-text-align-")):
            given = name.rpartition("-")[2]
    style = re.search(r"text-align\s*:\s*(\w+)", element.get("style") or "")
    given = style[1].lower() if style else given
    return given if given in ("left", "center", "right", "justify") else ""


def image_align(element):
    """Where an image stands: alignleft of WordPress, align-left of ours."""
    for name in classes_of(element):
        side = name.removeprefix("align").removeprefix("-")
        if name.startswith("align") and side in (
            "left",
            "center",
            "right",
            "wide",
            "full",
        ):
            return side
    given = (element.get("align") or "").lower()
    return {"middle": "center"}.get(given, given) if given in SIDES else ""


SIDES = ("left", "right", "center", "middle")


def language_of(pre):
    for element in [pre, *pre.iter("code")]:
        for name in classes_of(element):
            found = re.fullmatch(r"(?:language|lang)-([\w+#.\-]{1,40})", name)
            if found and found[1].isascii():
                return found[1].lower()
    return ""


def list_attrs(element):
    attrs = {}
    if re.fullmatch(r"-?\d{1,6}", start := element.get("start") or ""):
        attrs["start"] = int(start)
    if element.get("type") in ("a", "A", "i", "I"):
        attrs["style"] = element.get("type")
    if element.get("reversed") is not None:
        attrs["reversed"] = True
    return {"attrs": attrs} if attrs else {}


def last_element(element):
    """The last child, unless words follow it."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children or (children[-1].tail or "").strip():
        return None
    return children[-1]


def citation_of(element):
    """(the last child of a quote, the element of it with the source's name)."""
    last = last_element(element)
    if last is None:
        return None, None
    if last.tag in ("p", "footer") and is_only_cite(last):
        return last, last[0]
    return (last, last) if last.tag in ("cite", "footer") else (None, None)


def is_only_cite(element):
    return (
        len(element) == 1
        and element[0].tag == "cite"
        and not (element.text or "").strip()
        and not (element[0].tail or "").strip()
    )


def caption_element(element):
    for found in element.iter("figcaption"):
        return found
    for found in element.iter("p", "dd"):
        if "wp-caption-text" in classes_of(found):
            return found
    return None


CAPTION_CLASSES = {"wp-caption-text", "blocks-gallery-caption"}


def is_caption(element):
    if not isinstance(element.tag, str):
        return False
    return element.tag == "figcaption" or bool(CAPTION_CLASSES & classes_of(element))


def is_nothing_else(element, wanted):
    """Whether an element holds what is wanted, captions and wrappers, no more."""
    if (element.text or "").strip():
        return False
    for child in element:
        if (child.tail or "").strip():
            return False
        if not isinstance(child.tag, str) or child.tag in wanted or is_caption(child):
            continue
        if child.tag not in (
            "a",
            "div",
            "figure",
            "ul",
            "li",
            "span",
            "p",
            "br",
            "dl",
            "dt",
        ):
            return False
        if not is_nothing_else(child, wanted):
            return False
    return True


def text_without_caption(element):
    words = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and not is_caption(child):
            words.append(text_without_caption(child))
        words.append(child.tail or "")
    return "".join(words).strip()
