"""Code and other preformatted text."""

import re
from html import escape

from editorial.blocks.attributes import Attribute
from editorial.blocks.nodes import Node, attrs_of, declare


def fault_of_language(value):
    if isinstance(value, str) and re.fullmatch(r"[a-z0-9+#._\-]{1,40}", value):
        return None
    return "is not the name of a language, e.g. python"


@declare
class CodeBlock(Node):
    name = "codeBlock"
    block = "code"
    attributes = {"language": Attribute(fault_of_language)}
    holds = ("text",)
    marks = False

    def html(self, node, page):
        language = attrs_of(node).get("language")
        given = f' class="language-{escape(language)}"' if language else ""
        inner = page.escape_text(self.text(node))
        return f"<pre><code{given}>{inner}</code></pre>\n"

    def text(self, node):
        return "".join(child["text"] for child in node.get("content", []))
