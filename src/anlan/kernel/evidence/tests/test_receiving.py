"""Receiving, storing, binding and showing, on a real database and real files."""

from __future__ import annotations

import hashlib
import io
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.db import transaction
from PIL import Image

from anlan.kernel.evidence import (
    EvidenceRefused,
    bind,
    evidence_of,
    follow,
    offered,
    open_original,
    open_shown,
    receive,
)
from anlan.kernel.evidence.attaching import attachments_of
from anlan.kernel.evidence.demonstration import clear_demonstration
from anlan.kernel.evidence.models import Evidence, EvidenceLink
from anlan.kernel.evidence.storage import BucketStorage, FolderStorage, storage
from anlan.kernel.evidence.tests import samples
from anlan.kernel.evidence.verifying import verify_evidence
from anlan.kernel.ledger import append
from anlan.kernel.scope import NOBODY, Actor, Grant

pytestmark = pytest.mark.django_db
SENDER = Actor(name="发送人", account_id=uuid.uuid4(), post_id=uuid.uuid4())
OTHER = Actor(name="别人", account_id=uuid.uuid4(), grants=(Grant("/2201/", ceiling=2),))
AT = datetime(2026, 3, 6, 6, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.ANLAN_DATA = tmp_path


def send(content: bytes = samples.photo(), name: str = "现场.jpg") -> Evidence:
    return receive(io.BytesIO(content), name, account_id=SENDER.account_id)


def matter_row(path: str = "/2201/220102/") -> SimpleNamespace:
    return SimpleNamespace(path=path, sector="industry", holder_id=None, sensitivity=1, is_demo=False)


def hang(piece: Evidence, chain: uuid.UUID) -> None:
    with transaction.atomic():
        entry = append(chain, "a.B", "rectify", SENDER, at=AT, received_at=AT, evidence=[piece.sha256])
        bind([piece], chain, "after", entry, matter_row())


def test_received_by_content(tmp_path) -> None:
    content = samples.photo_with_claims()
    piece = send(content)
    assert piece.sha256 == hashlib.sha256(content).hexdigest()
    assert piece.sm3 == hashlib.new("sm3", content).hexdigest()
    assert (piece.size, piece.media_type, piece.width, piece.height) == (len(content), "image/jpeg", 640, 480)
    assert piece.camera_at == datetime(2026, 3, 6, 6, 20, tzinfo=UTC)
    assert (piece.camera_lng, piece.camera_lat) == (125.32, 43.891667)
    with open_original(piece) as held:
        assert held.read() == content
    assert not list((tmp_path / "incoming").iterdir())


def test_the_same_content_lies_once(tmp_path) -> None:
    assert send().id != send().id
    assert len([f for f in (tmp_path / "evidence").rglob("*") if f.is_file()]) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (samples.pixel_bomb(), "bad_image"),
        (b"\xff\xd8\xff\xe0 not a picture", "bad_image"),
        (samples.photo("PNG")[:2000], "bad_image"),
        (samples.photo()[:-200], "bad_image"),
        (samples.photo() + b"\0" * 1024 * 1024, "too_large"),
    ],
    ids=["empty", "pixel bomb", "not a picture", "only a head", "cut short", "too large"],
)
def test_refused_and_nothing_left(content: bytes, code: str, tmp_path, settings) -> None:
    settings.ANLAN_EVIDENCE_LIMITS_MB = {"photo": 1, "document": 1, "video": 1, "audio": 1}
    with pytest.raises(EvidenceRefused) as refusal:
        send(content, "photo")
    assert refusal.value.code == code
    assert not [f for f in tmp_path.rglob("*") if f.is_file()]
    assert not Evidence.unscoped("test").exists()


def test_a_liar_about_the_kind_meets_the_limit_of_the_kind(settings) -> None:
    settings.ANLAN_EVIDENCE_LIMITS_MB = {"photo": 1}
    with pytest.raises(EvidenceRefused, match="too_large"):
        send(samples.photo() + b"\0" * 1024 * 1024)


def test_shown_is_encoded_anew() -> None:
    piece = send(samples.polyglot())
    shown = open_shown(piece).read()
    assert b"script" not in shown
    assert b"PK\x03\x04" not in shown
    upright = send(samples.photo_with_claims())
    with Image.open(open_shown(upright, "thumb")) as picture:
        assert picture.size == (240, 320)
        assert not picture.getexif()
    with open_original(upright) as held:
        assert held.read() == samples.photo_with_claims()


def test_large_and_transparent_pictures() -> None:
    big = send(samples.photo(size=(4000, 1000)))
    assert Image.open(open_shown(big)).size == (1600, 400)
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    clear = send(out.getvalue(), "透明.png")
    assert Image.open(open_shown(clear)).getpixel((5, 5)) == (255, 255, 255)


def test_unbound_is_the_uploaders_alone_then_the_matters() -> None:
    piece = send()
    assert Evidence.seen_by(SENDER).get() == piece
    assert not Evidence.seen_by(OTHER).exists()
    assert not Evidence.seen_by(NOBODY).exists()
    with pytest.raises(EvidenceRefused):
        offered([piece.id], OTHER)
    chain = uuid.uuid4()
    hang(offered([piece.id], SENDER)[0], chain)
    assert Evidence.seen_by(OTHER).get() == piece
    assert not Evidence.seen_by(SENDER).exists()
    assert [link.purpose for link in evidence_of(chain)] == ["after"]
    follow(chain, matter_row("/2202/"))
    assert not Evidence.seen_by(OTHER).exists()


def test_an_entry_must_name_the_hash() -> None:
    piece = send()
    chain = uuid.uuid4()
    entry = append(chain, "a.B", "rectify", SENDER, at=AT, received_at=AT)
    with pytest.raises(ValueError, match="does not name"):
        bind([piece], chain, "after", entry, matter_row())


def test_folder_store_refuses_other_names(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        FolderStorage(tmp_path).open("../../etc/passwd")
    assert isinstance(storage(), FolderStorage)


class FakeClient:
    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        with open(path, "rb") as file:
            self.held[f"{bucket}/{key}"] = file.read()

    def head_object(self, Bucket: str, Key: str) -> None:
        self._found(Bucket, Key)

    def download_fileobj(self, bucket: str, key: str, out: io.BytesIO) -> None:
        out.write(self._found(bucket, key))

    def _found(self, bucket: str, key: str) -> bytes:
        if f"{bucket}/{key}" not in self.held:
            trouble = RuntimeError("missing")
            trouble.response = {"Error": {"Code": "404"}}
            raise trouble
        return self.held[f"{bucket}/{key}"]


def test_bucket_store(tmp_path) -> None:
    store = BucketStorage(FakeClient(), "anlan")
    sha256 = "ab" * 32
    assert not store.has(sha256)
    with pytest.raises(FileNotFoundError):
        store.open(sha256)
    (tmp_path / "x").write_bytes(b"content")
    store.keep(tmp_path / "x", sha256)
    assert store.open(sha256).read() == b"content"


def evidence_faults() -> list[str]:
    return [finding.what for finding in verify_evidence()]


def test_swapped_altered_and_lost_evidence_is_named(tmp_path) -> None:
    piece, other, chain = send(), send(samples.photo(size=(10, 10))), uuid.uuid4()
    hang(piece, chain)
    assert evidence_faults() == []
    EvidenceLink.objects.update(evidence=other)
    assert evidence_faults() == ["swapped", "unlinked"]
    EvidenceLink.objects.update(evidence=piece)
    Evidence.unscoped("test").filter(id=piece.id).update(sha256=other.sha256)
    assert evidence_faults() == ["swapped", "unlinked"]
    Evidence.unscoped("test").filter(id=piece.id).update(sha256=piece.sha256, sm3="00" * 32)
    assert evidence_faults() == ["altered"]
    Evidence.unscoped("test").filter(id=piece.id).update(sm3=piece.sm3)
    place = FolderStorage(tmp_path / "evidence").path(piece.sha256)
    content = place.read_bytes()
    place.chmod(0o600)
    place.write_bytes(content[:-1] + b"!")
    found = next(iter(verify_evidence()))
    assert (found.what, found.chain, found.seq, found.name) == ("altered", chain, 1, "现场.jpg")
    assert list(verify_evidence(files=False)) == []
    place.unlink()
    assert evidence_faults() == ["lost"]
    assert [f.what for f in verify_evidence(files=False)] == ["lost"]


def test_attachments_are_opened_late_and_may_be_withheld() -> None:
    piece, chain = send(), uuid.uuid4()
    hang(piece, chain)
    (attached,) = attachments_of(chain)
    assert attached.ending == ".jpg"
    assert attached.open().read() == samples.photo()
    assert attachments_of(chain, lambda _: False)[0].open is None


def test_demonstration_evidence_goes_and_shared_files_stay(tmp_path) -> None:
    kept = send()
    receive(io.BytesIO(samples.photo()), "a.jpg", account_id=None, is_demo=True)
    receive(io.BytesIO(samples.photo(size=(5, 5))), "b.jpg", account_id=None, is_demo=True)
    assert clear_demonstration() == 2
    assert [f.name for f in (tmp_path / "evidence").rglob("*") if f.is_file()] == [kept.sha256]
