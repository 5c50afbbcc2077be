"""Resumable uploads: offsets survive a killed process, liars are stopped, one writer at a time."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
import uuid
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anlan.kernel import clock
from anlan.kernel.evidence import EvidenceRefused, uploading
from anlan.kernel.evidence.models import Evidence, Upload
from anlan.kernel.evidence.tests import samples
from anlan.kernel.evidence.uploading import UploadTrouble

pytestmark = pytest.mark.django_db
ACCOUNT = uuid.uuid4()
PHOTO = samples.photo_with_claims()


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.ANLAN_DATA = tmp_path


def begin(length: int = len(PHOTO), **metadata: str) -> Upload:
    return uploading.create(ACCOUNT, length, {"name": "现场.jpg", "type": "image/jpeg"} | metadata)


def test_in_three_pieces_to_evidence(tmp_path) -> None:
    upload = begin(at="2026-03-06T14:20:00+08:00", lng="125.3", lat="43.9", accuracy="8")
    assert uploading.offset_of(upload) == 0
    assert uploading.append(upload, 0, [PHOTO[:100], PHOTO[100:150]]) == 150
    assert uploading.append(upload, 150, [PHOTO[150:]]) == len(PHOTO)
    evidence = uploading.finish(upload)
    assert evidence.sha256 == hashlib.sha256(PHOTO).hexdigest()
    assert (evidence.name, evidence.captured_lng, evidence.accuracy_m) == ("现场.jpg", 125.3, 8)
    assert evidence.captured_at == datetime(2026, 3, 6, 6, 20, tzinfo=UTC)
    assert evidence.uploaded_by == ACCOUNT
    assert uploading.finish(upload) == evidence
    assert uploading.offset_of(uploading.find(upload.id, ACCOUNT)) == len(PHOTO)
    assert not list((tmp_path / "uploads").iterdir())


def test_wrong_offset_says_where_to_go_on() -> None:
    upload = begin()
    uploading.append(upload, 0, [PHOTO[:10]])
    with pytest.raises(UploadTrouble, match="10 bytes") as trouble:
        uploading.append(upload, 5, [PHOTO[5:20]])
    assert trouble.value.code == "offset"
    assert uploading.offset_of(upload) == 10


def test_more_than_declared_is_cut_back() -> None:
    upload = begin(length=100)
    uploading.append(upload, 0, [b"x" * 60])
    with pytest.raises(UploadTrouble, match="beyond"):
        uploading.append(upload, 60, (b"y" * 30 for _ in range(1_000_000)))
    assert uploading.offset_of(upload) == 60


def test_checksum_whole_or_not_at_all() -> None:
    upload = begin()
    right = "sha1 " + b64encode(hashlib.sha1(PHOTO[:50]).digest()).decode()
    with pytest.raises(UploadTrouble, match="checksum"):
        uploading.append(upload, 0, [PHOTO[:40], b"!" * 10], right)
    assert uploading.offset_of(upload) == 0
    assert uploading.append(upload, 0, [PHOTO[:50]], right) == 50
    for bad in ("crc32 AAAA", "sha1", "sha1 !!!"):
        with pytest.raises(UploadTrouble, match="bad_checksum"):
            uploading.append(upload, 50, [PHOTO[50:60]], bad)


@pytest.mark.parametrize(
    ("length", "metadata", "code"),
    [
        (500 * 1024 * 1024, {}, "too_large"),
        (500 * 1024 * 1024, {"name": "x.mp4", "type": "video/mp4"}, "too_large"),
        (30 * 1024 * 1024, {}, "too_large"),
        (0, {}, "empty"),
        (-5, {}, "empty"),
        (10, {"name": "x.exe", "type": "application/x-msdownload"}, "type_not_accepted"),
    ],
)
def test_judged_before_the_first_byte(length: int, metadata: dict, code: str) -> None:
    with pytest.raises(EvidenceRefused) as refusal:
        begin(length, **metadata)
    assert refusal.value.code == code
    assert not Upload.objects.exists()


def test_quota(settings) -> None:
    settings.ANLAN_UPLOAD_QUOTA_MB = 1
    begin(900_000)
    with pytest.raises(UploadTrouble, match="quota"):
        begin(900_000)
    assert uploading.create(uuid.uuid4(), 900_000, {"name": "a.jpg"})


def test_content_that_belies_its_name_is_gone() -> None:
    upload = begin(20)
    uploading.append(upload, 0, [b"<script>alert()</scr"])
    with pytest.raises(EvidenceRefused, match="mismatch"):
        uploading.finish(upload)
    with pytest.raises(UploadTrouble, match="gone"):
        uploading.find(upload.id, ACCOUNT)
    assert not Evidence.unscoped("test").exists()


def test_others_uploads_do_not_exist() -> None:
    with pytest.raises(UploadTrouble, match="gone"):
        uploading.find(begin().id, uuid.uuid4())


def test_two_writers_at_once() -> None:
    upload = begin()

    def slow():
        yield PHOTO[:10]
        with pytest.raises(UploadTrouble) as trouble:
            uploading.append(upload, 0, [b"other"])
        assert trouble.value.code == "locked"
        yield PHOTO[10:20]

    assert uploading.append(upload, 0, slow()) == 20


def test_expired_uploads_go(tmp_path) -> None:
    with clock.travel(datetime(2026, 3, 6, tzinfo=UTC)):
        old = begin()
    with clock.travel(datetime(2026, 3, 6, tzinfo=UTC) + timedelta(hours=25)):
        fresh = begin()
        with pytest.raises(UploadTrouble, match="gone"):
            uploading.find(old.id, ACCOUNT)
        assert uploading.sweep_uploads() == 1
        assert uploading.find(fresh.id, ACCOUNT) == fresh
    assert [f.stem for f in (tmp_path / "uploads").iterdir()] == [str(fresh.id)]


def test_a_lost_file_is_gone_not_an_accident() -> None:
    upload = begin()
    uploading.part_path(upload.id).unlink()
    with pytest.raises(UploadTrouble, match="gone"):
        uploading.find(upload.id, ACCOUNT)
    with pytest.raises(UploadTrouble, match="gone"):
        uploading.append(upload, 0, [b"x"])


KILLED = """
import sys, time, types
from pathlib import Path
from django.conf import settings
settings.configure(ANLAN_DATA=Path(sys.argv[1]), INSTALLED_APPS=[
    "django.contrib.contenttypes", "anlan.kernel.scope", "anlan.kernel.ledger", "anlan.kernel.evidence"])
import django
django.setup()
from anlan.kernel.evidence import uploading
upload = types.SimpleNamespace(id=sys.argv[2], length=10_000_000, evidence_id=None)
print(uploading.append(upload, 0, [b"a" * 1000]), flush=True)
def endless():
    yield b"b" * 70_000
    print("writing", flush=True)
    time.sleep(60)
uploading.append(upload, 1000, endless())
"""


def test_what_was_acknowledged_survives_kill_9(tmp_path) -> None:
    upload = begin(10_000_000)
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[4])}
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(upload.id)]
    writer = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "1000\n"
    assert writer.stdout.readline() == "writing\n"
    with pytest.raises(UploadTrouble, match="locked"):
        uploading.append(upload, 1000, [b"x"])
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    time.sleep(0.05)
    arrived = uploading.offset_of(upload)
    assert 1000 <= arrived <= 71_000
    assert uploading.append(upload, arrived, [b"c"]) == arrived + 1
    assert uploading.part_path(upload.id).read_bytes()[:1000] == b"a" * 1000
