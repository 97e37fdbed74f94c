"""Takes the pictures of the desk that README and docs/desk.md show, of a running demo.

    make demo                       # in one terminal
    make screenshots                # in another (PORT=8001 if that is the demo's)

Chromium by Playwright; each picture is 1360 × 900, or as narrow as a telephone, and is
kept as a PNG with a palette so that the repository stays small.
"""

import io
import os
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
BASE = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
EDITOR, PASSWORD = "editor@masthead.example", "masthead-demo"
COLOURS = 256
LARGEST = 250_000


def sign_in(page):
    page.goto("/admin/login/")
    page.fill("input[name=login], input[name=username]", EDITOR)
    page.fill("input[type=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{BASE}/admin/")


def open_text(page, title):
    """The writing page of the demo's article of this title."""
    page.goto(f"/admin/editorial/article/?q={title}")
    page.click(f"#result_list a:has-text('{title}')")
    page.wait_for_selector(".body-editor.is-ready")


def tab(page, name):
    page.click(f"[role=tab]:has-text('{name}')")


def writing(page):
    open_text(page, "Bread is a clock")
    page.click(".body-text-surface p >> nth=0")


def remarks(page):
    open_text(page, "Salt, fog and concrete")
    tab(page, "Remarks")
    page.wait_for_selector("#panel-remarks .remark-words")


def before_publish(page):
    open_text(page, "A spreadsheet that wants to be a night train")
    page.click(".next-main")
    page.wait_for_selector("dialog[open]")


def checks(page):
    open_text(page, "Letters to the night desk")
    tab(page, "Checks")
    page.wait_for_selector(".concern")


def comparison(page):
    open_text(page, "Bread is a clock")
    page.click(".whats-live a")
    page.wait_for_selector("[data-diff]")
    page.keyboard.press("n")


def at(address):
    return lambda page: page.goto(address)


PICTURES = {
    # name: (what is shown, dark or light, width)
    "desk": (at("/admin/"), "light", 1360),
    "writing": (writing, "light", 1360),
    "writing-dark": (writing, "dark", 1360),
    "remarks": (remarks, "light", 1360),
    "checks": (checks, "light", 1360),
    "before-publish": (before_publish, "light", 1360),
    "comparison": (comparison, "light", 1360),
    "board": (at("/admin/board/"), "light", 1360),
    "calendar": (at("/admin/calendar/"), "light", 1360),
    "library": (at("/admin/editorial/media/"), "light", 1360),
    "narrow": (writing, "light", 400),
}


def keep(name, taken):
    """As small as it can be and still look the same."""
    colours = COLOURS
    while True:
        image = Image.open(io.BytesIO(taken)).convert("RGB").quantize(colours)
        image.save(HERE / f"{name}.png", optimize=True)
        size = (HERE / f"{name}.png").stat().st_size
        if size <= LARGEST or colours <= 32:
            print(f"{name}.png  {size // 1024} KB")
            return
        colours //= 2


def main(wanted):
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        page = chromium.new_context(base_url=BASE, locale="en-GB").new_page()
        page.set_default_timeout(60_000)
        sign_in(page)
        for name, (show, theme, width) in PICTURES.items():
            if wanted and name not in wanted:
                continue
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            show(page)
            page.wait_for_load_state("networkidle")
            keep(name, page.screenshot())
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1:])
