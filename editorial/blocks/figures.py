"""Reading images, galleries, embeds and whatever else stands in a <figure>."""

import re

from editorial.blocks.attributes import fault_of_id
from editorial.blocks.elements import (
    caption_element,
    classes_of,
    image_align,
    is_caption,
    is_nothing_else,
    text_without_caption,
)
from editorial.blocks.embeds import provider_of
from editorial.blocks.links import is_safe_source


class Unmappable(Exception):
    """No block can say this; the caller keeps it as HTML."""


class FigureReader:
    """The part of the reader that is about pictures."""

    def image_token(self, element, place):
        classes = classes_of(element)
        if {"wp-smiley", "emoji"} & classes and element.get("alt"):
            return ("text", element.get("alt"), place.marks)
        link = next((mark for mark in place.marks if mark["type"] == "link"), None)
        return ("node", self.image(element, href=link and link["attrs"]["href"]))

    def image(self, element, *, href=None, caption=None, align=""):
        known = {"src", "alt", "title", "width", "height", "align", "data-media"}
        known |= {"data-credit", "data-decorative"}
        self.lose(element, known=known)
        attrs = self.image_source(element)
        for name, longest in (("alt", 2_000), ("title", 500), ("data-credit", 500)):
            if value := (element.get(name) or "").strip():
                attrs[name.removeprefix("data-")] = self.fit(value, longest)
        if element.get("data-decorative") is not None:
            attrs["decorative"] = True
        for name in ("width", "height"):
            value = (element.get(name) or "").removesuffix("px")
            if value.isascii() and value.isdigit() and 0 < int(value) <= 20_000:
                attrs[name] = int(value)
        if href:
            attrs["href"] = href
        if align := align or image_align(element):
            attrs["align"] = align
        node = {"type": "image", "attrs": attrs}
        if caption:
            node["content"] = caption
        return node

    def image_source(self, element):
        own = (element.get("data-media") or "").strip()
        if own and fault_of_id(own) is None:
            return {"media": own}
        source = self.address(element.get("src"))
        if not source or not is_safe_source(source):
            raise Unmappable("its image has no address that may be shown")
        number = next(
            (
                name.removeprefix("wp-image-")
                for name in classes_of(element)
                if name.startswith("wp-image-")
            ),
            None,
        )
        found = self.media_for_url(source) or (number and self.media_for_id(number))
        return {"media": str(found)} if found else {"src": source}

    def frame(self, element):
        source = self.address(element.get("src"))
        if not source or not provider_of(source):
            raise Unmappable("its site is not on the list of embeds")
        self.notes.add("A frame of another site is now a link to it.")
        attrs = {"url": source}
        if title := (element.get("title") or "").strip():
            attrs["title"] = self.fit(title, 500)
        return {"type": "embed", "attrs": attrs}

    def figure(self, element, place):
        classes = classes_of(element)
        known = ("align", "data-ids", "data-columns", "data-source")
        self.lose(element, known=known)
        if "shortcode-gallery" in classes:
            return self.shortcode_gallery(element)
        if "wp-block-embed" in classes or "embed" in classes:
            return self.embed(element, place)
        images = list(element.iter("img"))
        if len(images) > 1 or classes & {"wp-block-gallery", "gallery"} and images:
            return self.gallery(element, place)
        caption = self.caption_of(element, place)
        if len(images) == 1 and is_nothing_else(element, {"img"}):
            align = image_align(element) or image_align(images[0])
            return [self.linked_image(images[0], caption=caption, align=align)]
        for tag, reader in (
            ("table", self.table),
            ("blockquote", self.pulled_quote),
            ("iframe", self.framed),
        ):
            found = element.find(f".//{tag}")
            if found is not None and is_nothing_else(element, {tag}):
                return reader(found, place, caption)
        raise Unmappable("no block can say it")

    def linked_image(self, element, **known):
        link = next(element.iterancestors("a"), None)
        href = self.address(link.get("href")) if link is not None else None
        return self.image(element, href=href, **known)

    def pulled_quote(self, element, place, caption):
        [quote] = self.quote(element, place, pull=True) or [None]
        if caption and quote:
            if quote["content"][-1]["type"] == "citation":
                raise Unmappable("a quote has one source")
            quote["content"].append({"type": "citation", "content": caption})
        return [quote] if quote else []

    def framed(self, element, place, caption):
        return [self.frame(element) | ({"content": caption} if caption else {})]

    def caption_of(self, element, place):
        found = caption_element(element)
        return self.only_inline(found, place) if found is not None else []

    def gallery(self, element, place):
        outer = next((one for one in element if is_caption(one)), None)
        holders = {"figure", "li"}
        images = []
        for image in element.iter("img"):
            holder = next(
                (
                    one
                    for one in image.iterancestors()
                    if one is element or one.tag in holders
                ),
                element,
            )
            found = caption_element(holder) if holder is not element else None
            words = self.only_inline(found, place) if found is not None else []
            images.append(self.linked_image(image, caption=words))
        if not is_nothing_else(element, {"img"}):
            raise Unmappable("it has more than images and captions")
        node = {"type": "gallery", "content": images}
        for name in classes_of(element):
            number = name.removeprefix("columns-")
            if name != number and number.isdigit() and 1 <= int(number) <= 8:
                node["attrs"] = {"columns": int(number)}
        if outer is not None and (words := self.only_inline(outer, place)):
            node["content"] = [*images, {"type": "caption", "content": words}]
        return [node]

    def shortcode_gallery(self, element):
        numbers = re.findall(r"\d+", element.get("data-ids"))
        found = {number: self.media_for_id(number) for number in numbers}
        media = [str(pk) for pk in found.values() if pk]
        if not numbers and self.attached:
            media = [str(pk) for pk in self.attached()]
        if not media:
            self.notes.add(
                "The shortcode [gallery] stays as text: its images are unknown."
            )
            source = element.get("data-source")
            return [
                {"type": "paragraph", "content": [{"type": "text", "text": source}]}
            ]
        for number, pk in found.items():
            if not pk:
                self.notes.add(
                    f"A gallery is without its image {number}: it is unknown."
                )
        node = {
            "type": "gallery",
            "content": [{"type": "image", "attrs": {"media": pk}} for pk in media],
        }
        columns = element.get("data-columns")
        if columns.isdigit() and 1 <= int(columns) <= 8:
            node["attrs"] = {"columns": int(columns)}
        return [node]

    def embed(self, element, place):
        caption = self.caption_of(element, place)
        link = element.find(".//a[@href]")
        frame = element.find(".//iframe[@src]")
        title = ""
        if frame is not None:
            source = frame.get("src")
        elif link is not None:
            source, title = link.get("href"), link.text_content().strip()
        else:
            source = text_without_caption(element)
        source = self.address(source)
        if not source:
            raise Unmappable("its address is no link")
        if not provider_of(source):
            self.notes.add(
                "An embed is now a link: its site is not on the list of embeds."
            )
            words = {
                "type": "text",
                "text": title or source,
                "marks": [{"type": "link", "attrs": {"href": source}}],
            }
            found = [{"type": "paragraph", "content": [words]}]
            if caption:
                found.append({"type": "paragraph", "content": caption})
            return found
        node = {"type": "embed", "attrs": {"url": source}}
        if title and title != source:
            node["attrs"]["title"] = self.fit(title, 500)
        if caption:
            node["content"] = caption
        return [node]
