"""Resumable uploads over HTTP as tus clients send them: sessions with CSRF, tokens without, every refusal told."""

from __future__ import annotations

import hashlib
import io
import uuid
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from anlan.kernel import clock
from anlan.kernel.evidence import uploading
from anlan.kernel.evidence.models import Evidence, Upload
from anlan.kernel.identity.models import Account
from anlan.kernel.identity.signing_in import issue_token
from anlan.kernel.scope.models import Post

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/uploads/"
PIECE = {"content_type": "application/offset+octet-stream"}


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "JPEG")
    return out.getvalue()


PHOTO = picture()


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.ANLAN_UPLOAD_QUOTA_MB = 100


@pytest.fixture
def account(city: Any) -> Account:
    return Account.objects.get(pk=city.grid_inspector.account_id)


@pytest.fixture
def phone(account: Account) -> Client:
    client = Client(headers={"Tus-Resumable": "1.0.0"})
    client.force_login(account)
    return client


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in pairs.items())


def begin(client: Client, length: int = len(PHOTO), **headers: str) -> Any:
    said = {
        "Upload-Length": str(length),
        "Upload-Metadata": metadata(filename="现场.jpg", filetype="image/jpeg"),
    }
    return client.post(ADDRESS, headers=said | headers)


def send(client: Client, where: str, offset: int, content: bytes, **headers: str) -> Any:
    return client.patch(where, content, headers={"Upload-Offset": str(offset)} | headers, **PIECE)


def test_capabilities_need_no_account(db: None) -> None:
    answer = Client().options(ADDRESS)
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert set(answer["Tus-Extension"].split(",")) >= {"creation", "checksum", "termination", "expiration"}
    assert int(answer["Tus-Max-Size"]) == 200 * 1024 * 1024


def test_a_photo_in_two_pieces(phone: Client, account: Account) -> None:
    made = begin(phone)
    assert made.status_code == 201
    where = made["Location"]
    assert where.startswith(ADDRESS)
    first = send(phone, where, 0, PHOTO[:100])
    assert (first.status_code, first["Upload-Offset"]) == (204, "100")
    assert "Anlan-Evidence" not in first
    state = phone.head(where)
    assert (state.status_code, state["Upload-Offset"], state["Upload-Length"]) == (
        200,
        "100",
        str(len(PHOTO)),
    )
    assert state["Cache-Control"] == "no-store"
    assert "Upload-Expires" in state
    last = send(phone, where, 100, PHOTO[100:])
    evidence = Evidence.unscoped("test").get(id=last["Anlan-Evidence"])
    assert (evidence.sha256, evidence.name) == (hashlib.sha256(PHOTO).hexdigest(), "现场.jpg")
    assert evidence.uploaded_by == account.id
    # The answer was lost on the way: asking again gives the same evidence.
    assert phone.head(where)["Anlan-Evidence"] == str(evidence.id)
    assert Evidence.unscoped("test").filter(uploaded_by=account.id).count() == 1


def test_killed_between_the_last_byte_and_the_answer(phone: Client) -> None:
    where = begin(phone)["Location"]
    upload = Upload.objects.get()
    uploading.append(upload, 0, [PHOTO])
    assert phone.head(where)["Anlan-Evidence"]


def test_creation_with_upload(phone: Client) -> None:
    said = {"Upload-Length": str(len(PHOTO)), "Upload-Metadata": metadata(filename="a.jpg")}
    answer = phone.post(ADDRESS, PHOTO, headers=said, **PIECE)
    assert answer.status_code == 201
    assert answer["Upload-Offset"] == str(len(PHOTO))
    assert answer["Anlan-Evidence"]


def test_checksum(phone: Client) -> None:
    where = begin(phone)["Location"]
    wrong = "sha1 " + b64encode(b"x" * 20).decode()
    assert send(phone, where, 0, PHOTO, **{"Upload-Checksum": wrong}).status_code == 460
    assert phone.head(where)["Upload-Offset"] == "0"
    right = "sha256 " + b64encode(hashlib.sha256(PHOTO).digest()).decode()
    assert send(phone, where, 0, PHOTO, **{"Upload-Checksum": right}).status_code == 204
    assert (
        send(phone, begin(phone)["Location"], 0, b"x", **{"Upload-Checksum": "crc32 AA=="}).status_code == 400
    )


def test_refusals(phone: Client) -> None:
    where = begin(phone)["Location"]
    assert send(phone, where, 7, PHOTO).status_code == 409
    assert (
        phone.patch(where, PHOTO, content_type="text/plain", headers={"Upload-Offset": "0"}).status_code
        == 415
    )
    assert phone.patch(where, PHOTO, **PIECE).status_code == 400
    assert send(phone, where, 0, PHOTO + b"more").status_code == 413
    assert phone.head(where)["Upload-Offset"] == "0"
    assert phone.get(where).status_code == 405
    assert phone.put(ADDRESS).status_code == 405
    assert phone.head(f"{ADDRESS}{uuid.uuid4()}").status_code == 404
    assert begin(phone, **{"Tus-Resumable": "0.2.2"}).status_code == 412
    assert phone.post(ADDRESS).status_code == 400
    for length in ("-1", "x", "9" * 40, "1.5", "٣"):
        assert begin(phone, **{"Upload-Length": length}).status_code == 400
    for broken in ("name", "name !!!", "name /w==", "name " + b64encode(b"a\x00b").decode()):
        assert begin(phone, **{"Upload-Metadata": broken}).status_code in (201, 400)


def test_too_large_is_told_before_the_first_byte(phone: Client) -> None:
    answer = begin(phone, 500 * 1024 * 1024)
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "too_large"
    assert not Upload.objects.exists()


def test_quota(phone: Client) -> None:
    big = {"Upload-Metadata": metadata(filename="a.mp4", filetype="video/mp4")}
    assert begin(phone, 90 * 1024 * 1024, **big).status_code == 201
    assert begin(phone, 90 * 1024 * 1024, **big).status_code == 429


def test_a_page_that_calls_itself_a_photo(phone: Client) -> None:
    page = b"<html><script>alert(1)</script></html>"
    where = begin(phone, len(page))["Location"]
    answer = send(phone, where, 0, page)
    assert (answer.status_code, answer.json()["code"]) == (415, "type_mismatch")
    assert phone.head(where).status_code == 404


def test_termination(phone: Client) -> None:
    where = begin(phone)["Location"]
    assert phone.delete(where).status_code == 204
    assert phone.head(where).status_code == 404


def test_others_and_nobody(phone: Client, city: Any) -> None:
    where = begin(phone)["Location"]
    other = Client(headers={"Tus-Resumable": "1.0.0"})
    assert other.head(where).status_code == 401
    assert begin(other).status_code == 401
    other.force_login(Account.objects.get(pk=city.worker.account_id))
    for act in (other.head(where), send(other, where, 0, PHOTO), other.delete(where)):
        assert act.status_code == 404
    assert phone.head(where).status_code == 200


def test_a_session_needs_the_csrf_header(account: Account) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"Tus-Resumable": "1.0.0"})
    strict.force_login(account)
    assert begin(strict).status_code == 403
    token = "a" * 32
    strict.cookies["csrftoken"] = token
    assert begin(strict, **{"X-CSRFToken": token}).status_code == 201


def test_a_token_needs_none(account: Account) -> None:
    post = Post.objects.get(pk=account.person.memberships.get().post_id)
    until = clock.now() + timedelta(days=1)
    program = Client(enforce_csrf_checks=True, headers={"Tus-Resumable": "1.0.0"})
    _, secret = issue_token(account, post, "采集", until)
    assert begin(program, Authorization=f"Bearer {secret}").status_code == 201
    _, reading = issue_token(account, post, "读", until, read_only=True)
    assert begin(program, Authorization=f"Bearer {reading}").status_code == 403
    assert begin(program, Authorization="Bearer wrong").status_code == 401
    assert begin(program, Authorization="Basic eDp5").status_code == 401
