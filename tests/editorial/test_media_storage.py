"""Media in a bucket: real requests to a server that speaks S3."""

import io
import json
import runpy
from datetime import timedelta
from urllib.request import urlopen

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from moto.server import ThreadedMotoServer
from PIL import Image

from cms import settings as settings_file
from cms.databases import EDITORIAL, PUBLIC
from cms.files import FilesAway
from editorial import imaging, library, tasks
from editorial.models import AuditLog, Media
from publishing import former_files
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])

NAME, PREFIX = "newsroom", "media/of-ours"
EVERYBODY_READS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{NAME}/{PREFIX}/*",
        }
    ],
}
"""What deploy/README.md says the bucket needs."""
KEYS = {"aws_access_key_id": "ours", "aws_secret_access_key": "secret"}


@pytest.fixture(scope="module")
def server():
    """Where it answers. It forgets everything when the tests here are done."""
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    host, port = started.get_host_and_port()
    yield f"http://{host}:{port}"
    started.stop()


@pytest.fixture
def bucket(server):
    place = boto3.resource(
        "s3", endpoint_url=server, region_name="us-east-1", **KEYS
    ).Bucket(NAME)
    place.create()
    place.Policy().put(Policy=json.dumps(EVERYBODY_READS))
    yield place
    if place.creation_date:
        place.objects.delete()
        place.delete()


@pytest.fixture
def keep_media_in(settings, monkeypatch):
    def use(url, endpoint):
        monkeypatch.setenv("MEDIA_STORAGE_URL", url)
        monkeypatch.setenv("S3_ENDPOINT_URL", endpoint)
        for name, value in KEYS.items():
            monkeypatch.setenv(name.upper(), value)
        settings.STORAGES = runpy.run_path(settings_file.__file__)["STORAGES"]

    return use


@pytest.fixture
def in_bucket(bucket, server, keep_media_in):
    keep_media_in(f"s3://{NAME}/{PREFIX}", server)
    return bucket


@pytest.fixture
def desk(client, wim):
    client.force_login(wim, backend="accounts.backends.RoleBackend")
    return client


def picture(colour="teal", size=(600, 300)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def claims_to_be_a_page(content):
    return SimpleUploadedFile("harbour.jpg", content, content_type="text/html")


def upload(client, content, **words):
    return client.post(
        reverse("admin:editorial_media_add"),
        {"file": claims_to_be_a_page(content), "title": "Harbour"} | words,
    )


def replace(client, media, content):
    return client.post(
        reverse("admin:editorial_media_change", args=[media.pk]),
        {
            "file": claims_to_be_a_page(content),
            "title": "Harbour at night",
            "focal_x": "0.5",
            "focal_y": "0.5",
        },
    )


def kept(bucket):
    return {one.key for one in bucket.objects.all()}


# --- It works ---------------------------------------------------------------------


def test_an_upload_and_its_variants_are_in_the_bucket_for_everybody(in_bucket, desk):
    assert upload(desk, picture()).status_code == 302
    tasks.make_variants(Media.objects.get().pk)

    media = Media.objects.get()
    assert media.processing_status == Media.Processing.DONE
    addresses = [media.url, *(one["url"] for one in media.variants)]
    assert len(addresses) == 5
    assert len(kept(in_bucket)) == 5
    assert all(key.startswith(f"{PREFIX}/") for key in kept(in_bucket))
    for address in addresses:
        assert "?" not in address, "it would run out"
        with urlopen(address) as answer:
            image = Image.open(io.BytesIO(answer.read()))
        key = address.partition(f"/{NAME}/")[2]
        assert in_bucket.Object(key).content_type == Image.MIME[image.format]


def test_a_replaced_picture_has_a_new_address_and_the_old_one_stays(in_bucket, desk):
    upload(desk, picture())
    tasks.make_variants(Media.objects.get().pk)
    before = Media.objects.get()

    assert replace(desk, before, picture("orange")).status_code == 302
    tasks.make_variants(before.pk)

    after = Media.objects.get()
    assert after.url != before.url
    assert {one["url"] for one in after.variants}.isdisjoint(
        one["url"] for one in before.variants
    )
    with urlopen(before.url) as old, urlopen(after.url) as new:
        assert old.read() != new.read()


def test_what_was_replaced_leaves_the_bucket_when_no_page_names_it(in_bucket, ines):
    media = library.bring_in(ContentFile(picture(), "harbour.jpg"), by=ines)
    tasks.make_variants(media.pk)
    before = kept(in_bucket)

    library.replace(media, ContentFile(picture("orange"), "harbour.jpg"), by=ines)
    tasks.make_variants(media.pk)
    both = kept(in_bucket)
    former_files.remove(at=timezone.now() + timedelta(days=40))

    assert len(before) == 5 and before < both and len(both) == 10
    assert kept(in_bucket) == both - before


def test_what_is_deleted_leaves_the_bucket(
    in_bucket, ines, django_capture_on_commit_callbacks
):
    chief = factories.staff("boss", "super_admin")
    media = library.bring_in(ContentFile(picture(), "harbour.jpg"), by=ines)
    tasks.make_variants(media.pk)
    media.refresh_from_db()
    assert len(kept(in_bucket)) == 5

    with django_capture_on_commit_callbacks(using=EDITORIAL, execute=True):
        library.take_out(media, by=chief)

    assert kept(in_bucket) == set()


# --- A bucket that is away --------------------------------------------------------


@pytest.fixture(params=["nobody listens", "no such bucket"])
def away(request, server, keep_media_in):
    """The bucket as it is now is kept in the database, and cannot be reached."""
    if request.param == "nobody listens":
        keep_media_in(f"s3://{NAME}/{PREFIX}", "http://127.0.0.1:1")
    else:
        keep_media_in(f"s3://no-{NAME}/{PREFIX}", server)


def test_an_upload_is_refused_in_a_sentence_that_keeps_the_words(away, desk):
    answer = upload(desk, picture(), alt_text="A harbour at dawn.")

    said = answer.content.decode()
    assert answer.status_code == 200
    assert "The storage of files does not answer" in said
    assert "choose the file again" in said
    assert "A harbour at dawn." in said
    assert not Media.objects.exists()


def test_nothing_is_half_kept_for_a_program(away, ines):
    with pytest.raises(FilesAway, match="does not answer"):
        library.bring_in(ContentFile(picture(), "harbour.jpg"), by=ines)

    assert not Media.objects.exists()
    assert not AuditLog.objects.filter(resource_type="media").exists()


@pytest.fixture
def brought_in(in_bucket, wim):
    """Brought in while the bucket was there."""
    return library.bring_in(ContentFile(picture(), "harbour.jpg"), by=wim)


def test_a_picture_that_could_not_be_replaced_is_as_it_was(brought_in, away, desk):
    answer = replace(desk, brought_in, picture("orange"))

    assert "The storage of files does not answer" in answer.content.decode()
    media = Media.objects.get()
    assert (media.file.name, media.title) == (brought_in.file.name, "")


def test_variants_wait_until_it_is_back(brought_in, away, server, keep_media_in):
    Media.objects.update(updated_at="2020-01-01T00:00:00Z")

    tasks.make_variants(brought_in.pk)
    tasks.make_missing_variants()
    assert Media.objects.get().processing_status == Media.Processing.PENDING

    keep_media_in(f"s3://{NAME}/{PREFIX}", server)
    tasks.make_missing_variants()
    assert Media.objects.get().processing_status == Media.Processing.DONE


# --- Bad input --------------------------------------------------------------------


def test_a_file_that_is_gone_from_the_bucket_is_marked(in_bucket, brought_in):
    default_storage.delete(brought_in.file.name)

    assert not imaging.make_variants(brought_in.pk)

    assert Media.objects.get().processing_status == Media.Processing.MISSING


@pytest.mark.parametrize("url", ["ftp://newsroom", "s3://", "newsroom/media"])
def test_what_is_no_bucket_is_a_clear_error(url, keep_media_in):
    with pytest.raises(ImproperlyConfigured, match="s3://bucket/prefix"):
        keep_media_in(url, "")
