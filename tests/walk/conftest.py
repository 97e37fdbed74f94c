"""One line for the whole walk, whichever processes walked."""


def pytest_terminal_summary(terminalreporter):
    walked = {"doors": 0, "tries": 0, "unlisted": 0, "wrong": 0}
    parts = 0
    for reports in terminalreporter.stats.values():
        for report in reports:
            counts = dict(getattr(report, "user_properties", None) or [])
            if getattr(report, "when", "") == "call" and "doors" in counts:
                parts += 1
                for name in walked:
                    walked[name] += counts[name]
    if parts:
        terminalreporter.write_line(f"{walked['tries']:,} tries, each undone")
        terminalreporter.write_line(
            "{doors} doors walked, {unlisted} unlisted, {wrong} wrong".format(**walked)
        )
