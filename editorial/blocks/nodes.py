"""The registry of nodes, and the check that a document is made of nothing else.

A node is declared once, as a class: its attributes, what it may hold, its plain text
and its HTML. A class that names a `block` may stand at the top of a document.
"""

from editorial.blocks.attributes import fault_of_id, fault_of_text

NODES = {}
"""Name of a node to its declaration."""
BLOCKS = {}
"""Type of a block (what the row says) to the names of the nodes it may hold."""

MAX_BLOCKS = 5_000
MAX_DEPTH = 40
MAX_CHILDREN = 5_000
MAX_CHARACTERS = 5_000_000
MAX_FAULTS = 20

INLINE = ("text", "hardBreak")
FLOW = (
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "blockquote",
    "codeBlock",
    "image",
    "embed",
    "horizontalRule",
)
"""What may stand in a list item, a table cell, a quote or a callout."""


def declare(declaration):
    """Class decorator: put one instance of it into the registry."""
    node = declaration()
    NODES[node.name] = node
    if node.block:
        BLOCKS[node.block] = (*BLOCKS.get(node.block, ()), node.name)
    return declaration


class Node:
    name: str
    block = ""
    attributes: dict = {}
    holds: tuple = ()
    least = 0
    marks = True
    """Whether text in it may be bold, a link and so on."""
    last = ""
    """A node that may stand in it once, after everything else: a caption."""

    def check(self, node, checking, depth, marks):
        """Report faults of this node; the base class does all that is declared."""
        checking.keys(node, {"type", "attrs", "content"}, self.name)
        checking.attributes(self.attributes, node.get("attrs"), self.name)
        self.check_children(node, checking, depth, marks and self.marks)

    def check_children(self, node, checking, depth, marks):
        children = node.get("content", [])
        if not isinstance(children, list):
            checking.fault(f"the content of a {self.name} is not a list")
            return
        if len(children) > MAX_CHILDREN:
            checking.fault(f"a {self.name} has more than {MAX_CHILDREN} parts")
            return
        body, tail = self.split(node)
        if len(body) < self.least:
            checking.fault(f"a {self.name} is empty")
        for child in body:
            checking.node(child, self.holds, depth + 1, marks)
        if tail:
            checking.node(tail, (self.last,), depth + 1, marks)

    def split(self, node):
        """(what it holds, its caption or None)."""
        children = node.get("content", [])
        end = children[-1] if children and self.last else None
        if isinstance(end, dict) and end.get("type") == self.last:
            return children[:-1], end
        return children, None

    def html(self, node, page):
        raise NotImplementedError(type(self))

    def text(self, node):
        return "\n".join(filter(None, map(text_of, node.get("content", []))))


def text_of(node):
    return NODES[node["type"]].text(node)


def html_of(nodes, page):
    return "".join(NODES[node["type"]].html(node, page) for node in nodes)


def attrs_of(node):
    return node.get("attrs") or {}


class Checking:
    """The faults of one block, and how much of a document was read so far."""

    def __init__(self):
        self.faults = []
        self.characters = 0

    def fault(self, sentence):
        if len(self.faults) < MAX_FAULTS and sentence not in self.faults:
            self.faults.append(sentence)

    def keys(self, node, known, name):
        for key in node:
            if key not in known:
                self.fault(f"a {name} has “{str(key)[:40]}”, which it cannot have")

    def attributes(self, known, attrs, name):
        if attrs is None:
            attrs = {}
        if not isinstance(attrs, dict):
            self.fault(f"the attributes of a {name} are not an object")
            return
        self.keys(attrs, known, name)
        for key, attribute in known.items():
            value = attrs.get(key)
            if value is None:
                if attribute.is_required:
                    self.fault(f"a {name} has no {key}")
            elif fault := attribute.fault(value):
                link = fault.startswith("has an ")
                self.fault(
                    f"a {name} {fault}" if link else f"{key} of a {name} {fault}"
                )
            elif isinstance(value, str):
                self.characters += len(value)

    def node(self, node, allowed, depth, marks=True):
        if depth > MAX_DEPTH:
            self.fault(f"it is nested more than {MAX_DEPTH} levels deep")
            return
        if not isinstance(node, dict):
            self.fault("a part of it is not an object")
            return
        name = node.get("type")
        if not isinstance(name, str) or name not in NODES:
            self.fault(f"it has an unknown part “{str(name)[:40]}”")
        elif name not in allowed:
            self.fault(f"a {name} cannot stand there")
        else:
            NODES[name].check(node, self, depth, marks)


def faults_of(blocks):
    """Sentences that say what is wrong with a document and where; [] when nothing."""
    if not isinstance(blocks, list):
        return ["The body is not a list of blocks."]
    if len(blocks) > MAX_BLOCKS:
        return [f"The body has more than {MAX_BLOCKS} blocks. Divide the article."]
    found, ids, characters = [], set(), 0
    for number, block in enumerate(blocks, start=1):
        checking = Checking()
        place = f"Block {number}"
        _check_block(block, checking, ids)
        if isinstance(block, dict) and isinstance(block.get("type"), str):
            place += f" ({block['type'][:40]})"
        found += [f"{place}: {fault}." for fault in checking.faults]
        characters += checking.characters
        if len(found) >= MAX_FAULTS:
            return [*found[:MAX_FAULTS], "There may be more; these come first."]
    if characters > MAX_CHARACTERS:
        found.append(
            f"The body has more than {MAX_CHARACTERS:,} characters. Divide the article."
        )
    return found


def _check_block(block, checking, ids):
    if not isinstance(block, dict):
        checking.fault("it is not an object")
        return
    checking.keys(block, {"id", "type", "content"}, "block")
    if fault := fault_of_id(block.get("id")):
        checking.fault(f"its id {fault}")
    elif block["id"] in ids:
        checking.fault("its id is that of another block, too")
    else:
        ids.add(block["id"])
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in BLOCKS:
        checking.fault("its type is unknown")
        return
    checking.node(block.get("content"), BLOCKS[kind], 1)


def check_string(value, checking, name):
    """The text of a node: storable, and counted."""
    if fault := fault_of_text(value):
        checking.fault(f"the text of a {name} {fault}")
    else:
        checking.characters += len(value)
