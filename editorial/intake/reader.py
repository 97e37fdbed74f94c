"""The reader of pastes: what no block can say becomes words, never raw HTML."""

from editorial.blocks.canonical import new_block
from editorial.blocks.nodes import text_of
from editorial.blocks.notes import Notes
from editorial.blocks.reading import Place, Reader, is_valid
from editorial.blocks.runs import Run


class PasteNotes(Notes):
    """Losses that a writer would miss; attributes and looks are meant to go."""

    def left_out(self, what):
        pass


class PasteReader(Reader):
    def blocks(self, tree):
        """[{"id", "type", "content"}] of a tree that `markup.plain` has seen."""
        nodes, run = [], Run()
        self.walk(tree, Place(), run, nodes)
        self.flush(run, Place(), nodes)
        return [
            new_block(node)
            for found in nodes
            for node in ([found] if is_valid(found) else paragraphs(text_of(found)))
        ]

    def lose(self, element, name=None, known=()):
        pass

    def keep(self, element, reason, place, run, nodes):
        self.notes.add(f"Only the words were kept of a <{element.tag}>: {reason}.")
        self.flush(run, place, nodes)
        nodes += paragraphs(element.text_content())


def paragraphs(text):
    """Paragraphs between blank lines; a line end within one is a line break."""
    found = []
    for part in text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        content = []
        for line in filter(None, (line.strip() for line in part.split("\n"))):
            if content:
                content.append({"type": "hardBreak"})
            content.append({"type": "text", "text": line})
        if content:
            found.append({"type": "paragraph", "content": content})
    return found
