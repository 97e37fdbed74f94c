"""What a conversion could not carry over as it was, said once each."""

from collections import Counter


class Notes:
    def __init__(self):
        self._sentences = Counter()
        self._left_out = Counter()

    def add(self, sentence):
        self._sentences[sentence] += 1

    def left_out(self, what):
        """A detail of the markup that has no place here, e.g. an attribute."""
        self._left_out[what] += 1

    def sentences(self):
        found = [
            text if count == 1 else f"{text} ({count} times)"
            for text, count in self._sentences.items()
        ]
        if self._left_out:
            details = ", ".join(
                what if count == 1 else f"{what} ({count})"
                for what, count in sorted(self._left_out.items())
            )
            found.append(f"Left out: {details}.")
        return found
