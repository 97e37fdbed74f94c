"""Where uploaded files are kept may be away; everybody says so in the same words."""


class FilesAway(Exception):
    """The storage of files did not answer, or answered that it may not be used."""

    problem = "unavailable"

    def __init__(self):
        super().__init__(
            "The storage of files does not answer. Nothing was lost or half kept: "
            "try again in a minute, and tell whoever runs the site if it stays so."
        )
