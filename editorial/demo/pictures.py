"""Pictures for the demo, drawn here: flat scenes in a few colours, free of rights."""

import io
import math
import random
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image, ImageDraw, ImageFilter

from cms.databases import EDITORIAL
from editorial import imaging
from editorial.demo import records
from editorial.models import Media, MediaFolder

WIDTH, HEIGHT = 1600, 1000
CREDIT = "Illustration: Masthead studio"


@dataclass(frozen=True)
class Scene:
    alt: str
    sky: tuple
    """Colours of the sky, from above to the horizon."""
    ground: tuple
    """Colours of the layers below it, from far to near."""
    shape: str = "hills"
    light: tuple = ()
    """(x, y, radius, colour) of sun or moon, as parts of the picture."""
    motif: str = ""


SCENES = {
    "harbour": Scene(
        "A harbour at dawn: three boats on still water under a low orange sun.",
        ("#23395b", "#8a5a83", "#f3a26d", "#ffd9a0"),
        ("#7c6a86", "#4f5d7e", "#2e4163", "#1c2b47"),
        "sea",
        (0.68, 0.47, 0.075, "#fff0c9"),
        "boats",
    ),
    "tide-pool": Scene(
        "A tide pool between dark rocks, reflecting a pale green sky.",
        ("#cfe3d9", "#e9efdf", "#f7f1da"),
        ("#8fb5a8", "#5d8f8b", "#36676d", "#1d3f49"),
        "sea",
        (0.3, 0.3, 0.05, "#fffdf0"),
        "rocks",
    ),
    "observatory": Scene(
        "An observatory dome on a hill under a sky full of stars.",
        ("#0b1026", "#1b2450", "#3d3f78", "#7d5f8d"),
        ("#2a2a4d", "#1c1d3a", "#111226"),
        "hills",
        (0.2, 0.22, 0.04, "#f4efd7"),
        "dome",
    ),
    "tram": Scene(
        "A red tram crossing an empty square in front of a row of gabled houses.",
        ("#d9e4ea", "#eaeade", "#f5ead2"),
        ("#b9ad9d", "#a2968a", "#8b8178"),
        "city",
        (),
        "tram",
    ),
    "bread": Scene(
        "Two round loaves on a wooden table in front of a warm window.",
        ("#f8e3bd", "#f2cf98", "#eab876"),
        ("#9a6a42", "#835636", "#6a442b"),
        "table",
        (0.75, 0.25, 0.11, "#fff4d8"),
        "loaves",
    ),
    "library": Scene(
        "Library shelves with books and, between them, a drill and a cake tin.",
        ("#efe6d5", "#eadcc3"),
        ("#8a5b3c", "#6d452e"),
        "table",
        (),
        "shelves",
    ),
    "press": Scene(
        "Sheets of paper running over the rollers of a printing press.",
        ("#dfe3e6", "#eceae4"),
        ("#4a5058", "#383d45", "#272b31"),
        "table",
        (),
        "rollers",
    ),
    "street": Scene(
        "A narrow street of gabled houses with chalk drawings on the paving.",
        ("#bcd9ea", "#e3ebe6", "#f8edd5"),
        ("#c1b5a7", "#aa9d90", "#94887d"),
        "city",
        (0.82, 0.2, 0.06, "#fff6da"),
        "chalk",
    ),
    "market": Scene(
        "Market stalls with striped awnings on a square by the sea.",
        ("#9fc7dc", "#d7e6e2", "#fbeccb"),
        ("#6f98a8", "#c9b79b", "#b29f84"),
        "sea",
        (),
        "stalls",
    ),
    "hills": Scene(
        "Swifts above a range of wooded hills in the evening.",
        ("#44587f", "#a5748b", "#efa787", "#ffdcae"),
        ("#8d6f83", "#63597a", "#3f446a", "#252d4c"),
        "hills",
        (0.42, 0.5, 0.06, "#fff1cf"),
        "birds",
    ),
    "map": Scene(
        "A hand-drawn map with contour lines, a river and a red road.",
        ("#f3ecd9", "#f0e6cd"),
        (),
        "none",
        (),
        "contours",
    ),
    "workshop": Scene(
        "A workbench with a lamp, a toaster and tools hanging on the wall.",
        ("#dcd6c8", "#e8dfcb"),
        ("#7d6a55", "#665542", "#4d4033"),
        "table",
        (0.3, 0.22, 0.09, "#fff3c4"),
        "tools",
    ),
    "rails": Scene(
        "Railway tracks running into a night sky with one green signal.",
        ("#0d1424", "#1c2741", "#35446a"),
        ("#222a3d", "#171d2c", "#0d111b"),
        "hills",
        (0.5, 0.3, 0.025, "#dfe6ff"),
        "tracks",
    ),
    "lighthouse": Scene(
        "A lighthouse on a breakwater in fog.",
        ("#c9d2d6", "#dde2e0", "#ecebe2"),
        ("#a3b2b8", "#7d9199", "#586d77"),
        "sea",
        (),
        "lighthouse",
    ),
    "orchard": Scene(
        "Rows of apple trees beside a leaning railway signal.",
        ("#a9d0d8", "#d6e6cf", "#f4edc6"),
        ("#9bb07a", "#7b9860", "#5d7d49"),
        "hills",
        (0.18, 0.22, 0.06, "#fffbe0"),
        "trees",
    ),
    "river": Scene(
        "A black and white river gauge beside a stone bridge.",
        ("#b9cdd6", "#dbe3df", "#efe9d8"),
        ("#9a8f7c", "#7f8f86", "#5f7a78", "#466267"),
        "sea",
        (),
        "gauge",
    ),
}


def _rgb(colour):
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def draw(key):
    """A picture of the scene as JPEG bytes; the same ones each time."""
    scene, chance = SCENES[key], random.Random(key)  # noqa: S311  (a picture)
    image = Image.new("RGB", (1, len(scene.sky)))
    for row, colour in enumerate(scene.sky):
        image.putpixel((0, row), _rgb(colour))
    image = image.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    if scene.light:
        _light(image, *scene.light)
    pen = ImageDraw.Draw(image, "RGBA")
    _ground(pen, scene, chance)
    if scene.motif:
        MOTIFS[scene.motif](pen, chance)
    out = io.BytesIO()
    image.filter(ImageFilter.SMOOTH).save(out, "JPEG", quality=86, progressive=True)
    return out.getvalue()


def _light(image, x, y, radius, colour):
    glow = Image.new("L", (WIDTH // 8, HEIGHT // 8), 0)
    pen = ImageDraw.Draw(glow)
    cx, cy, r = x * WIDTH / 8, y * HEIGHT / 8, radius * HEIGHT / 8
    pen.ellipse((cx - 3 * r, cy - 3 * r, cx + 3 * r, cy + 3 * r), fill=90)
    glow = glow.filter(ImageFilter.GaussianBlur(r)).resize((WIDTH, HEIGHT))
    image.paste(_rgb(colour), mask=glow)
    pen = ImageDraw.Draw(image)
    cx, cy, r = x * WIDTH, y * HEIGHT, radius * HEIGHT
    pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=_rgb(colour))


def _ground(pen, scene, chance):
    horizon = {"sea": 0.55, "hills": 0.5, "city": 0.72, "table": 0.68}.get(
        scene.shape, 1
    )
    if scene.shape == "city":
        _houses(pen, chance)
    layers = len(scene.ground)
    for number, colour in enumerate(scene.ground):
        top = HEIGHT * (horizon + (1 - horizon) * number / max(1, layers))
        if scene.shape in ("city", "table"):
            pen.rectangle((0, top, WIDTH, HEIGHT), fill=_rgb(colour))
            continue
        swing = HEIGHT * (0.11 if scene.shape == "hills" else 0.012)
        waves = [(chance.uniform(1, 4), chance.uniform(0, 6.28)) for _ in range(3)]
        edge = [
            (
                x,
                top
                + sum(
                    swing / (n + 1.5) * math.sin(x / WIDTH * 6.28 * pace + phase)
                    for n, (pace, phase) in enumerate(waves)
                ),
            )
            for x in range(0, WIDTH + 1, 8)
        ]
        pen.polygon([(0, HEIGHT), *edge, (WIDTH, HEIGHT)], fill=_rgb(colour))


def _houses(pen, chance):
    tones = ("#c98f6b", "#d9b48a", "#a9785f", "#8c6f67", "#e0c7a0", "#b98074")
    x = -40
    while x < WIDTH:
        wide, top = chance.randint(150, 240), chance.randint(250, 400)
        tone = _rgb(chance.choice(tones))
        pen.rectangle((x, top, x + wide, 720), fill=tone)
        pen.polygon(
            [
                (x - 6, top),
                (x + wide / 2, top - chance.randint(90, 150)),
                (x + wide + 6, top),
            ],
            fill=tuple(int(part * 0.62) for part in tone),
        )
        for row in range(3):
            for column in range(2):
                left = x + wide * (0.22 + 0.36 * column)
                upper = top + 40 + row * 105
                lit = chance.random() < 0.4
                pen.rectangle(
                    (left, upper, left + wide * 0.2, upper + 62),
                    fill=_rgb("#ffe9ad" if lit else "#4d5a66"),
                )
        x += wide + chance.randint(0, 10)


def _boats(pen, chance):
    for x, y, size in ((380, 720, 1.2), (820, 650, 0.7), (1180, 810, 1.6)):
        hull = [(-90, 0), (90, 0), (62, 34), (-66, 34)]
        pen.polygon([(x + a * size, y + b * size) for a, b in hull], fill=(20, 27, 45))
        pen.line((x, y, x, y - 150 * size), fill=(20, 27, 45), width=int(7 * size))
        sail = [(8, -145), (8, -14), (72, -14)]
        pen.polygon(
            [(x + a * size, y + b * size) for a, b in sail], fill=(244, 226, 196, 230)
        )
        for n in range(5):
            half = (70 - n * 12) * size
            at = y + (48 + n * 13) * size
            pen.line((x - half, at, x + half, at), fill=(255, 236, 200, 60), width=4)


def _rocks(pen, chance):
    for _ in range(26):
        x, y = chance.randint(0, WIDTH), chance.randint(640, HEIGHT)
        w, h = chance.randint(60, 210), chance.randint(26, 80)
        shade = chance.randint(18, 48)
        pen.ellipse((x - w, y - h, x + w, y + h), fill=(shade, shade + 14, shade + 20))
    pen.ellipse((430, 690, 1190, 900), fill=(196, 219, 208))
    pen.ellipse((500, 718, 1120, 872), fill=(221, 234, 219))
    for _ in range(9):
        x, y = chance.randint(560, 1060), chance.randint(740, 850)
        pen.ellipse((x, y, x + 22, y + 14), fill=(214, 96, 77))


def _dome(pen, chance):
    for _ in range(420):
        x, y = chance.randint(0, WIDTH), int(chance.triangular(0, 560, 60))
        size = chance.choice((1, 1, 2, 2, 3))
        pen.ellipse(
            (x, y, x + size, y + size), fill=(255, 250, 230, chance.randint(90, 255))
        )
    pen.rectangle((980, 520, 1220, 650), fill=(222, 220, 226))
    pen.pieslice((970, 380, 1230, 660), 180, 360, fill=(240, 239, 242))
    pen.polygon([(1092, 382), (1128, 382), (1152, 520), (1084, 520)], fill=(24, 26, 54))
    pen.rectangle((1030, 570, 1060, 650), fill=(255, 219, 140))


def _tram(pen, chance):
    pen.rectangle((0, 842, WIDTH, 852), fill=(96, 90, 86))
    pen.rectangle((0, 884, WIDTH, 894), fill=(84, 78, 74))
    pen.rounded_rectangle((360, 590, 1240, 850), 46, fill=_rgb("#b1122b"))
    pen.rectangle((360, 716, 1240, 744), fill=_rgb("#f4e6cf"))
    for n in range(7):
        left = 400 + n * 118
        pen.rounded_rectangle((left, 622, left + 92, 706), 10, fill=_rgb("#dcecf0"))
    for x in (470, 620, 980, 1130):
        pen.ellipse((x - 34, 824, x + 34, 892), fill=(40, 38, 40))
    pen.line((760, 590, 690, 470, 860, 440), fill=(50, 50, 54), width=7)
    pen.line((0, 440, WIDTH, 436), fill=(70, 70, 76), width=3)


def _loaves(pen, chance):
    for x, y, r in ((560, 640, 240), (1030, 690, 190)):
        pen.ellipse((x - r, y + r * 0.36, x + r, y + r * 0.6), fill=(60, 36, 22, 120))
        pen.ellipse((x - r, y - r * 0.62, x + r, y + r * 0.52), fill=_rgb("#b86f34"))
        pen.ellipse(
            (x - r * 0.86, y - r * 0.58, x + r * 0.8, y + r * 0.3), fill=_rgb("#d08f4c")
        )
        for n in range(-2, 3):
            at = x + n * r * 0.3
            pen.arc(
                (at - r * 0.2, y - r * 0.5, at + r * 0.26, y + r * 0.3),
                200, 320, fill=_rgb("#f3d6a4"), width=13,
            )  # fmt: skip
    pen.rectangle((0, 0, 90, 640), fill=_rgb("#9b5d3c"))
    pen.rectangle((0, 300, 780, 316), fill=(255, 255, 255, 50))


def _shelves(pen, chance):
    tones = (
        "#7b2d26",
        "#2f4b5c",
        "#c58b3b",
        "#4f6d4a",
        "#d9cba8",
        "#513c56",
        "#9a4b32",
    )
    for shelf in range(4):
        base = 250 + shelf * 238
        x = 40
        while x < WIDTH - 60:
            if chance.random() < 0.07:
                pen.ellipse((x, base - 110, x + 130, base - 2), fill=_rgb("#aab4b8"))
                pen.ellipse(
                    (x + 16, base - 104, x + 114, base - 52), fill=_rgb("#dfe4e4")
                )
                x += 150
                continue
            wide, high = chance.randint(18, 52), chance.randint(130, 204)
            tone = _rgb(chance.choice(tones))
            pen.rectangle((x, base - high, x + wide, base), fill=tone)
            band = tuple(min(255, part + 60) for part in tone)
            pen.rectangle((x, base - high + 24, x + wide, base - high + 32), fill=band)
            x += wide + chance.randint(1, 5)
        pen.rectangle((0, base, WIDTH, base + 24), fill=_rgb("#6d452e"))
    pen.rounded_rectangle((1150, 610, 1330, 664), 16, fill=_rgb("#d1a022"))
    pen.rectangle((1190, 650, 1236, 726), fill=_rgb("#3a3a3a"))
    pen.rectangle((1330, 628, 1410, 642), fill=_rgb("#6f7377"))


def _rollers(pen, chance):
    sheet = [(0, 420), (360, 300), (700, 470), (1050, 320), (1600, 430)]
    under = [(x, y + 250) for x, y in reversed(sheet)]
    pen.polygon(sheet + under, fill=_rgb("#f8f6ef"))
    for n in range(8):
        shift = 40 + n * 26
        line = [(x, y + shift) for x, y in sheet]
        pen.line(line, fill=(70, 72, 78, 150), width=7 if n % 3 else 13, joint="curve")
    for x, y, r in (
        (360, 190, 120),
        (1050, 210, 120),
        (700, 740, 150),
        (1330, 760, 130),
    ):
        pen.ellipse((x - r, y - r, x + r, y + r), fill=_rgb("#555c66"))
        pen.ellipse(
            (x - r * 0.6, y - r * 0.6, x + r * 0.6, y + r * 0.6), fill=_rgb("#7b838d")
        )
        pen.ellipse((x - 16, y - 16, x + 16, y + 16), fill=_rgb("#b1122b"))


def _chalk(pen, chance):
    chalks = ("#f6f1e6", "#f3b6a5", "#b7d7e6", "#f5e19a")
    for _ in range(13):
        x, y = chance.randint(120, WIDTH - 120), chance.randint(770, 950)
        r = chance.randint(24, 74)
        colour = _rgb(chance.choice(chalks))
        if chance.random() < 0.5:
            pen.ellipse((x - r, y - r / 3, x + r, y + r / 3), outline=colour, width=6)
        else:
            pen.rectangle((x - r, y - r / 3, x + r, y + r / 3), outline=colour, width=6)
    for n in range(6):
        pen.rectangle(
            (640 + n * 62, 812, 698 + n * 62, 850), outline=_rgb("#f6f1e6"), width=5
        )


def _stalls(pen, chance):
    for n, tone in enumerate(("#b1122b", "#2f4b5c", "#c58b3b", "#4f6d4a")):
        x = 130 + n * 350
        pen.rectangle((x + 20, 620, x + 32, 860), fill=(70, 56, 46))
        pen.rectangle((x + 260, 620, x + 272, 860), fill=(70, 56, 46))
        pen.rectangle((x + 10, 770, x + 284, 860), fill=_rgb("#a98863"))
        for stripe in range(8):
            left = x - 6 + stripe * 38
            colour = _rgb(tone if stripe % 2 == 0 else "#f7efe0")
            pen.polygon(
                [(left + 14, 560), (left + 52, 560), (left + 38, 650), (left, 650)],
                fill=colour,
            )
        for _ in range(9):
            at = chance.randint(x + 30, x + 255)
            colour = chance.choice(((200, 60, 50), (230, 160, 50), (110, 150, 80)))
            pen.ellipse((at, 748, at + 30, 778), fill=colour)


def _birds(pen, chance):
    for _ in range(26):
        x, y = chance.randint(120, WIDTH - 120), chance.randint(70, 470)
        size = chance.uniform(0.4, 1.2)
        wing = [(-46, -12), (-16, -5), (0, 3), (16, -5), (46, -12), (0, 12)]
        pen.polygon([(x + a * size, y + b * size) for a, b in wing], fill=(28, 28, 48))


def _contours(pen, chance):
    for cx, cy, rings in ((430, 380, 9), (1170, 640, 11), (1250, 170, 5)):
        phases = [chance.uniform(0, 6.28) for _ in range(4)]
        for ring in range(1, rings + 1):
            points = []
            for step in range(0, 361, 4):
                angle = math.radians(step)
                bend = 1 + sum(
                    0.09 / (n + 1) * math.sin((n + 2) * angle + phase)
                    for n, phase in enumerate(phases)
                )
                reach = ring * 42 * bend
                points.append(
                    (cx + 1.35 * reach * math.cos(angle), cy + reach * math.sin(angle))
                )
            width = 4 if ring % 5 == 0 else 2
            pen.line(points, fill=(173, 132, 88, 190), width=width)
    river = [(x, 820 - 260 * math.sin(x / 620) + x * 0.05) for x in range(0, WIDTH, 10)]
    pen.line(river, fill=_rgb("#5b93b5"), width=17, joint="curve")
    road = [
        (x, 250 + 190 * math.sin(x / 410 + 1) + x * 0.22) for x in range(0, WIDTH, 10)
    ]
    pen.line(road, fill=_rgb("#b1122b"), width=11, joint="curve")
    for _ in range(46):
        x, y = chance.randint(60, WIDTH - 60), chance.randint(60, HEIGHT - 60)
        pen.rectangle((x, y, x + 15, y + 15), fill=(52, 48, 44))


def _tools(pen, chance):
    pen.rectangle((100, 110, 1500, 124), fill=_rgb("#6a5a48"))
    for n in range(9):
        x = 190 + n * 155
        pen.line((x, 124, x, chance.randint(250, 360)), fill=(76, 72, 68), width=19)
        head = (chance.randint(30, 60), chance.randint(20, 40))
        pen.rounded_rectangle(
            (x - head[0], 124, x + head[0], 124 + 2 * head[1]), 9, fill=(112, 62, 44)
        )
    pen.rounded_rectangle((640, 530, 990, 720), 40, fill=_rgb("#c9ced2"))
    pen.rectangle((700, 520, 930, 536), fill=(60, 60, 64))
    pen.ellipse((660, 640, 700, 680), fill=_rgb("#b1122b"))
    pen.line((320, 700, 420, 470, 540, 400), fill=(60, 60, 64), width=13, joint="curve")
    pen.polygon([(500, 360), (610, 420), (540, 500), (450, 440)], fill=_rgb("#2f4b5c"))
    pen.polygon(
        [(540, 500), (450, 440), (360, 700), (660, 700)], fill=(255, 240, 180, 70)
    )


def _tracks(pen, chance):
    for _ in range(160):
        x, y = chance.randint(0, WIDTH), chance.randint(0, 430)
        pen.ellipse((x, y, x + 2, y + 2), fill=(230, 236, 255, chance.randint(70, 220)))
    for n in range(16):
        part = n / 16
        y = 560 + part**2 * 460
        half = 40 + part**2 * 620
        pen.rectangle((800 - half, y, 800 + half, y + 5 + part * 16), fill=(62, 54, 50))
    for side in (-1, 1):
        pen.polygon(
            [
                (800 + side * 16, 560),
                (800 + side * 22, 560),
                (800 + side * 440, 1000),
                (800 + side * 400, 1000),
            ],
            fill=(168, 176, 190),
        )
    pen.rectangle((1090, 300, 1104, 640), fill=(40, 44, 54))
    pen.rounded_rectangle((1060, 240, 1134, 380), 22, fill=(26, 28, 36))
    pen.ellipse((1078, 318, 1116, 356), fill=(88, 224, 138))
    pen.ellipse((1052, 292, 1142, 382), fill=(88, 224, 138, 50))


def _lighthouse(pen, chance):
    pen.polygon(
        [(760, 760), (1600, 700), (1600, 860), (700, 860)], fill=_rgb("#6a7478")
    )
    tower = [(1040, 730), (1180, 730), (1156, 330), (1064, 330)]
    pen.polygon(tower, fill=_rgb("#f0eee8"))
    for n in (0, 2):
        top, bottom = 400 + n * 110, 490 + n * 110
        pen.polygon(
            [
                (1062 - n * 6, top),
                (1158 + n * 6, top),
                (1166 + n * 6, bottom),
                (1054 - n * 6, bottom),
            ],
            fill=_rgb("#b1122b"),
        )
    pen.rectangle((1056, 262, 1164, 330), fill=_rgb("#3c4a52"))
    pen.rectangle((1074, 274, 1146, 320), fill=_rgb("#ffe8a6"))
    pen.polygon([(1050, 262), (1170, 262), (1110, 206)], fill=_rgb("#b1122b"))
    pen.polygon([(1074, 296), (0, 180), (0, 400)], fill=(255, 246, 214, 70))
    for _ in range(7):
        y, left = chance.randint(240, 720), chance.randint(-300, 900)
        pen.ellipse(
            (left, y, left + 900, y + chance.randint(36, 90)), fill=(240, 243, 243, 60)
        )


def _trees(pen, chance):
    for row, (y, size) in enumerate(((610, 0.7), (740, 1), (890, 1.4))):
        for n in range(7 - row):
            x = 120 + n * (220 + row * 55) + row * 70
            pen.rectangle(
                (x - 9 * size, y - 70 * size, x + 9 * size, y), fill=(84, 62, 44)
            )
            for _ in range(9):
                a, b = chance.randint(-58, 58) * size, chance.randint(-170, -70) * size
                r = chance.randint(36, 56) * size
                green = chance.randint(96, 132)
                pen.ellipse(
                    (x + a - r, y + b - r, x + a + r, y + b + r), fill=(66, green, 56)
                )
            for _ in range(7):
                a, b = chance.randint(-70, 70) * size, chance.randint(-180, -60) * size
                r = 8 * size
                pen.ellipse(
                    (x + a - r, y + b - r, x + a + r, y + b + r), fill=(196, 52, 44)
                )
    pen.line((1370, 900, 1440, 380), fill=(74, 74, 80), width=15)
    pen.polygon(
        [(1434, 400), (1440, 372), (1570, 430), (1562, 456)], fill=_rgb("#b1122b")
    )


def _gauge(pen, chance):
    pen.rectangle((0, 330, WIDTH, 430), fill=_rgb("#8d8474"))
    for x in (60, 640, 1220):
        pen.rectangle((x, 400, x + 130, 700), fill=_rgb("#8d8474"))
        pen.pieslice((x + 130, 410, x + 580, 860), 180, 360, fill=_rgb("#a9b9b4"))
    pen.rectangle((780, 330, 880, 910), fill=_rgb("#f5f3ec"))
    for n in range(11):
        y = 340 + n * 52
        pen.rectangle(
            (780 if n % 2 else 830, y, 830 if n % 2 else 880, y + 26), fill=(24, 26, 30)
        )
    for n in range(6):
        pen.line(
            (560 + n * 20, 770 + n * 22, 1140 - n * 26, 770 + n * 22),
            fill=(255, 255, 255, 70),
            width=5,
        )


MOTIFS = {
    "boats": _boats,
    "rocks": _rocks,
    "dome": _dome,
    "tram": _tram,
    "loaves": _loaves,
    "shelves": _shelves,
    "rollers": _rollers,
    "chalk": _chalk,
    "stalls": _stalls,
    "birds": _birds,
    "contours": _contours,
    "tools": _tools,
    "tracks": _tracks,
    "lighthouse": _lighthouse,
    "trees": _trees,
    "gauge": _gauge,
}


def make_pictures(by):
    """{key: Media}, each with its variants."""
    folder, _ = MediaFolder.objects.get_or_create(name="Illustrations", parent=None)
    pictures = {}
    for key, scene in SCENES.items():
        pk = records.known("media", key)
        media = Media.objects.filter(pk=pk).first() if pk else None
        if media is None:
            media = _make(key, scene, by, folder)
        if media.processing_status == Media.Processing.PENDING:
            imaging.make_variants(media.pk)
            media.refresh_from_db()
        pictures[key] = media
    return pictures


def _make(key, scene, by, folder):
    content = draw(key)
    with transaction.atomic(using=EDITORIAL):
        media = Media(
            original_filename=f"{key}.jpg",
            title=key.replace("-", " ").capitalize(),
            alt_text=scene.alt,
            credit=CREDIT,
            licence="Free to use with the demo",
            file_type=Media.FileType.IMAGE,
            mime_type="image/jpeg",
            file_size_bytes=len(content),
            width=WIDTH,
            height=HEIGHT,
            folder=folder,
            tags=["illustration"],
            uploaded_by=by,
        )
        media.file.save(f"{key}.jpg", ContentFile(content), save=False)
        media.save()
        records.keep("media", key, media)
    return media
