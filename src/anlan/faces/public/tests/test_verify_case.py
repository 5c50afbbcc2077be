"""The public check of a case: open to anyone, in both languages, unharmed by whatever is uploaded."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from anlan.kernel.evidence.attaching import attachments_of
from anlan.kernel.ledger import export_case
from anlan.kernel.vault import ensure_keys
from anlan.kernel.vault.signing import public_key
from anlan.kernel.words import Words

pytestmark = pytest.mark.django_db
ADDRESS = "/verify-case/"


@pytest.fixture(autouse=True)
def keys() -> None:
    """What every start of an installation makes; the first test here must not rely on another having run."""
    ensure_keys(settings.ANLAN_DATA / "keys")


@pytest.fixture
def bundle(city: Any, tmp_path: Path) -> bytes:
    danger = city.reports()
    title = Words(f"隐患 {danger.number}", f"Hidden danger {danger.number}")
    out = tmp_path / "case.zip"
    export_case(danger.pk, title, lambda e: Words(e.act, e.act), out, attachments=attachments_of(danger.pk))
    return out.read_bytes()


def upload(client: Client, content: bytes, language: str = "zh-hans") -> Any:
    file = SimpleUploadedFile("case.zip", content, "application/zip")
    return client.post(ADDRESS, {"file": file}, headers={"Accept-Language": language})


def test_the_form_is_open_to_nobody(client: Client) -> None:
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    assert public_key() in answer.content.decode()


def test_a_true_case(client: Client, bundle: bytes) -> None:
    shown = upload(client, bundle).content.decode()
    assert "核验通过" in shown
    assert "是本平台的公钥" in shown
    assert 'data-state="failed"' not in shown
    assert upload(client, bundle, "en").status_code == 200


def test_a_changed_case_names_the_file(client: Client, bundle: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"another" if name.startswith("evidence/") else old.read(name))
    shown = upload(client, out.getvalue()).content.decode()
    assert "核验不通过" in shown
    assert "evidence/" in shown


@pytest.mark.parametrize(
    "content", [b"x", b"PK\x05\x06" + b"\0" * 18, b"<script>alert(1)</script>", b"PK\x03\x04" * 50]
)
def test_whatever_is_uploaded_is_answered(client: Client, content: bytes) -> None:
    answer = upload(client, content)
    assert answer.status_code == 200
    assert "核验不通过" in answer.content.decode()


def test_no_file_and_too_large(client: Client, settings: Any) -> None:
    assert client.post(ADDRESS).status_code == 422
    settings.ANLAN_VERIFY_LIMIT_MB = 0
    assert upload(client, b"12345").status_code == 422


def test_names_inside_are_escaped(client: Client) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr("<img src=x onerror=alert(1)>/..", b"")
    shown = upload(client, out.getvalue()).content.decode()
    assert "<img src=x" not in shown


def test_csrf_is_asked_for() -> None:
    assert upload(Client(enforce_csrf_checks=True), b"x").status_code == 403
