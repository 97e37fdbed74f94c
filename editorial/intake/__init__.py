"""The intake: what comes from elsewhere becomes blocks of ours.

Clipboards and Word files go one way: markup is read into a tree, the habits of the
program that wrote it are taken out (`word`, `markup`), what remains is read as blocks
(`reader`). Nothing of the source is ever shown as it came.

    pasted = from_clipboard(html=…, text=…)
    pasted.blocks, pasted.notes
"""

from editorial.intake.clipboard import Pasted, from_clipboard
from editorial.intake.documents import from_word

__all__ = ["Pasted", "from_clipboard", "from_word"]
