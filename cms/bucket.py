"""Media in a bucket that speaks S3.

    STORAGES["default"]["BACKEND"] = "cms.bucket.Bucket"

Whatever goes wrong with it is `FilesAway`, except that a file is not there.
"""

import logging
import mimetypes
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from cms.files import FilesAway

logger = logging.getLogger(__name__)

IMPATIENT = Config(
    connect_timeout=3, read_timeout=30, retries={"mode": "standard", "max_attempts": 2}
)
"""Botocore waits a minute, five times; meanwhile somebody sits before a form."""


for ending, mime in {
    ".avif": "image/avif",
    ".epub": "application/epub+zip",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".webp": "image/webp",
}.items():  # Python and many a server know nothing of them
    mimetypes.add_type(mime, ending)


class Bucket(S3Storage):
    def get_default_settings(self):
        return super().get_default_settings() | {
            "client_config": IMPATIENT,
            # One address for ever: readers see it in pages that are kept.
            "querystring_auth": False,
            # A replaced picture has a new address.
            "file_overwrite": False,
        }

    def _open(self, name, mode="rb"):
        with _told_apart():
            try:
                file = super()._open(name, mode)
            except FileNotFoundError:
                self._must_be_there()
                raise
            if "r" in mode:
                file.file  # noqa: B018  (fetched now: reading it cannot fail later)
            return file

    def _save(self, name, content):
        with _told_apart():
            return super()._save(name, content)

    def _get_write_parameters(self, name, content=None):
        """Its kind follows from the ending, never from what the uploader claims."""
        return super()._get_write_parameters(name)

    def delete(self, name):
        with _told_apart():
            super().delete(name)

    def exists(self, name):
        with _told_apart():
            return super().exists(name)

    def size(self, name):
        with _told_apart():
            return super().size(name)

    def _must_be_there(self):
        """Asked for a file, a bucket that is not there says the same as one that is."""
        self.connection.meta.client.head_bucket(Bucket=self.bucket_name)


@contextmanager
def _told_apart():
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as problem:
        logger.error("The bucket for media cannot be used: %s", problem)
        raise FilesAway from problem
