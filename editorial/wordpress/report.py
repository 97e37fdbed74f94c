"""What an import did: counts in memory, the long lists in a temporary file."""

import json
import tempfile
from collections import Counter

KINDS = (
    "author",
    "category",
    "tag",
    "post",
    "page",
    "attachment",
    "comment",
    "nav_menu_item",
)
TAKEN, CHANGED, UNCHANGED = "taken", "changed", "unchanged"


class Report:
    def __init__(self):
        self.counts = {TAKEN: Counter(), CHANGED: Counter(), UNCHANGED: Counter()}
        self.skipped_counts = Counter()
        self.note_count = 0
        self.reasons = Counter()
        self._lists = {
            name: tempfile.SpooledTemporaryFile(  # noqa: SIM115
                1024 * 1024, "w+", encoding="utf-8"
            )
            for name in ("skipped", "notes")
        }

    def count(self, outcome, kind, number=1):
        if number:
            self.counts[outcome][kind] += number

    def skip(self, kind, external_id, why):
        self.skipped_counts[kind] += 1
        self.reasons[f"{kind}: {why}"[:200]] += 1
        self._write("skipped", {"kind": kind, "id": str(external_id), "why": why})

    def note(self, kind, external_id, note):
        self.note_count += 1
        self._write("notes", {"kind": kind, "id": str(external_id), "note": note})

    def _write(self, name, row):
        self._lists[name].write(json.dumps(row, ensure_ascii=False) + "\n")

    def _rows(self, name):
        self._lists[name].seek(0)
        for line in self._lists[name]:
            yield line.strip()
        self._lists[name].seek(0, 2)

    def write_json(self, path):
        """{"taken", "changed", "unchanged", "skipped", "notes"} as one document."""
        with open(path, "w", encoding="utf-8") as file:
            file.write("{\n")
            for outcome, counts in self.counts.items():
                file.write(f" {json.dumps(outcome)}: {json.dumps(counts)},\n")
            for name in self._lists:
                file.write(f" {json.dumps(name)}: [")
                for number, row in enumerate(self._rows(name)):
                    file.write(("," if number else "") + "\n  " + row)
                file.write("\n ]" + (",\n" if name == "skipped" else "\n"))
            file.write("}\n")

    def lines(self):
        """A table for people."""
        yield f"{'':15}{'taken':>9}{'changed':>9}{'unchanged':>11}{'skipped':>9}"
        named = {kind for counts in self.counts.values() for kind in counts}
        for kind in [*KINDS, *sorted((named | set(self.skipped_counts)) - set(KINDS))]:
            numbers = [counts[kind] for counts in self.counts.values()]
            skipped = self.skipped_counts[kind]
            if any(numbers) or skipped:
                taken, changed, unchanged = numbers
                yield f"{kind:15}{taken:>9}{changed:>9}{unchanged:>11}{skipped:>9}"
        for reason, count in self.reasons.most_common(10):
            yield f"  skipped {count} × {reason}"

    def close(self):
        for file in self._lists.values():
            file.close()
