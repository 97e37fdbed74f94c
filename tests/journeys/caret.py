"""The caret of the editor, which hears of it a moment after the browser moved it."""


def settle(page):
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))"
    )
