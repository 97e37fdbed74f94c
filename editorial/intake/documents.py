"""Word files (.docx). Mammoth reads the document; the clipboard's way does the rest.

A .docx is a ZIP of XML. It is measured before it is read, so that a small file that
unpacks to a huge one, or XML that expands, is refused and not tried.
"""

import io
import posixpath
import zipfile
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

import mammoth
from defusedxml import DefusedXmlException, sax
from django.core.exceptions import ValidationError

from editorial.intake import clipboard, pictures

MAX_BYTES = 40 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_XML = 30 * 1024 * 1024
"""Bytes of all XML together; the longest novel has less than half of it."""
MAX_PARTS = 3_000
MAX_ELEMENTS = 600_000
MAX_DEPTH = 200

STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
u => u
strike => s
"""

NOT_WORD = (
    "This is no Word document (.docx). Open it in your word processor, save it as "
    ".docx and choose it again. Older .doc files need that, too."
)
TOO_LONG = "The document is too long for one text. Divide it into several documents."
DAMAGED = (
    "The document is damaged and cannot be read to its end. Open it in your word "
    "processor, save it under another name and choose that."
)


def from_word(file, *, keep=None):
    """Blocks and report for a .docx. Raises ValidationError with a sentence.

    `keep(content, alt)` takes pictures into the library and answers the id.
    """
    measure(file)
    kept = Pictures(keep)
    try:
        made = mammoth.convert_to_html(
            file,
            style_map=STYLES,
            include_embedded_style_map=False,
            convert_image=mammoth.images.img_element(kept.take),
        )
    except RecursionError:
        raise ValidationError(DAMAGED) from None
    except Exception as problem:  # mammoth trusts the file to be what Word writes
        raise ValidationError(DAMAGED) from problem
    try:
        pasted = clipboard.from_markup(made.value)
    except clipboard.TooLarge:
        raise ValidationError(TOO_LONG) from None
    pasted.notes += kept.notes()
    return pasted


class Pictures:
    """Pictures of one document, on their way into the library."""

    def __init__(self, keep):
        self.keep = keep
        self.count = 0
        self.refused = []

    def take(self, image):
        """Attributes of the <img> for a picture of the document."""
        if self.keep is None or self.count >= pictures.MOST:
            return {}
        try:
            with image.open() as source:
                content = source.read()
            pk = self.keep(content, (image.alt_text or "").strip())
        except ValidationError as fault:
            self.refused += fault.messages
            return {}
        except (KeyError, OSError, zipfile.BadZipFile):
            return {}
        self.count += 1
        return {"data-media": str(pk)}

    def notes(self):
        found = [f"A picture was refused: {why}" for why in dict.fromkeys(self.refused)]
        if self.count:
            noun = "picture is" if self.count == 1 else "pictures are"
            found.append(f"{self.count} {noun} in the library now. Describe each one.")
        return found


# --- Measuring -----------------------------------------------------------------------


def measure(file):
    """Refuse what is no document, or too large. Leaves the file at its beginning."""
    if file.size > MAX_BYTES:
        raise ValidationError(
            f"The document has {file.size / 1024**2:.0f} MB; at most "
            f"{MAX_BYTES / 1024**2:.0f} MB can be read. Make its pictures smaller, "
            "or bring in the text and the pictures apart."
        )
    try:
        with zipfile.ZipFile(file) as archive:
            _measure(archive)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError):
        raise ValidationError(NOT_WORD) from None
    except (RuntimeError, ValueError, DefusedXmlException, SAXException):
        raise ValidationError(DAMAGED) from None
    finally:
        file.seek(0)


def _measure(archive):
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or "word/document.xml" not in names:
        raise zipfile.BadZipFile
    is_xml = {
        part.filename: posixpath.splitext(part.filename)[1] in (".xml", ".rels")
        for part in parts
    }
    xml = sum(part.file_size for part in parts if is_xml[part.filename])
    if (
        len(parts) > MAX_PARTS
        or sum(part.file_size for part in parts) > MAX_UNPACKED
        or xml > MAX_XML
    ):
        raise ValidationError(
            "The document unpacks to more than can be read. Divide it into several "
            "documents, or bring in the text and the pictures apart."
        )
    count = Counting()
    for part in parts:
        if is_xml[part.filename]:
            # No more than what it says it has, whatever is in there.
            content = archive.open(part).read(part.file_size + 1)
            sax.parse(io.BytesIO(content), count, forbid_dtd=True)


class Counting(ContentHandler):
    """Elements and how deep they go, before a tree of them is made."""

    def __init__(self):
        super().__init__()
        self.elements = self.depth = 0

    def startElement(self, name, attrs):
        self.elements += 1
        self.depth += 1
        if self.elements > MAX_ELEMENTS or self.depth > MAX_DEPTH:
            raise SAXException("too many or too deep")

    def endElement(self, name):
        self.depth -= 1
