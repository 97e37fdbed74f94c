"""A small Word document, part by part, as Word writes it."""

import base64
import io
import zipfile

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9"
    "i18U1AAAAABJRU5ErkJggg=="
)
"""Two by two red points."""

W = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def run(text, look=""):
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(inner, style="", item=None):
    look = f'<w:pStyle w:val="{style}"/>' if style else ""
    if item is not None:
        look += f'<w:numPr><w:ilvl w:val="{item}"/><w:numId w:val="1"/></w:numPr>'
    return f"<w:p><w:pPr>{look}</w:pPr>{inner}</w:p>"


def cell(text):
    return f"<w:tc>{paragraph(run(text, '<w:b/>'))}</w:tc>"


PICTURE = (
    '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="p" descr="A red dot"/>'
    "<a:graphic><a:graphicData><pic:pic><pic:blipFill>"
    '<a:blip r:embed="rId5"/></pic:blipFill></pic:pic></a:graphicData></a:graphic>'
    "</wp:inline></w:drawing></w:r>"
)
BODY = (
    paragraph(run("The harbour"), "Heading1")
    + paragraph(
        run("The ")
        + run("first", "<w:b/>")
        + run(" boats")
        + '<w:r><w:footnoteReference w:id="2"/></w:r>'
        + run(", says ")
        + f'<w:hyperlink r:id="rId4">{run("the office")}</w:hyperlink>'
    )
    + paragraph(run("Nets"), item=0)
    + paragraph(run("for herring"), item=1)
    + paragraph(run("Ice"), item=0)
    + f"<w:tbl><w:tr>{cell('Boat')}{cell('Catch')}</w:tr>"
    + f"<w:tr>{cell('Marie')}{cell('5 t')}</w:tr></w:tbl>"
    + paragraph(PICTURE)
)
LEVEL = '<w:lvl w:ilvl="{}"><w:numFmt w:val="bullet"/></w:lvl>'


def word_file(*, document=None, picture=None, parts=None):
    """The bytes of a .docx; `parts` adds to it or replaces."""
    relations = "".join(
        f'<Relationship Id="{pk}" Type="{KINDS}/{kind}" Target="{target}"{more}/>'
        for pk, kind, target, more in (
            ("rId1", "styles", "styles.xml", ""),
            ("rId2", "numbering", "numbering.xml", ""),
            ("rId3", "footnotes", "footnotes.xml", ""),
            (
                "rId4",
                "hyperlink",
                "https://example.org/office",
                ' TargetMode="External"',
            ),
            ("rId5", "image", "media/image1.png", ""),
        )
    )
    found = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="png" ContentType="image/png"/>'
            '<Default Extension="xml" ContentType="application/xml"/></Types>'
        ),
        "_rels/.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
            f'relationships"><Relationship Id="rId1" Type="{KINDS}/officeDocument" '
            'Target="word/document.xml"/></Relationships>'
        ),
        "word/_rels/document.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
            f'relationships">{relations}</Relationships>'
        ),
        "word/document.xml": document
        or f"<w:document {W}><w:body>{BODY}</w:body></w:document>",
        "word/styles.xml": (
            f'<w:styles {W}><w:style w:type="paragraph" w:styleId="Heading1">'
            '<w:name w:val="heading 1"/></w:style></w:styles>'
        ),
        "word/numbering.xml": (
            f'<w:numbering {W}><w:abstractNum w:abstractNumId="0">'
            f"{LEVEL.format(0)}{LEVEL.format(1)}</w:abstractNum>"
            '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
        ),
        "word/footnotes.xml": (
            f'<w:footnotes {W}><w:footnote w:id="2">'
            f"{paragraph(run('By telephone.'))}</w:footnote></w:footnotes>"
        ),
        "word/media/image1.png": picture or base64.b64decode(PNG),
        **(parts or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    return out.getvalue()
