"""Case bundles: written from a real ledger, checked by the pure function, attacked in every way we could think of."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel import clock
from anlan.kernel.ledger import LedgerError, anchor, append, export_case, verify_case
from anlan.kernel.ledger.archive import Limits
from anlan.kernel.ledger.canonical import canonical
from anlan.kernel.ledger.chain import seal_body
from anlan.kernel.ledger.check import FAILED, OPEN, PASSED, CaseReport
from anlan.kernel.ledger.digests import Seal, seal_bytes
from anlan.kernel.ledger.exporting import Attachment
from anlan.kernel.ledger.models import Anchor
from anlan.kernel.scope import Actor
from anlan.kernel.vault import ensure_keys, sign
from anlan.kernel.vault.signing import public_key
from anlan.kernel.words import Words

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
OFFICER = Actor(name="王某", post_id=uuid.uuid4())
CHAIN = uuid.UUID(int=7)
PHOTO = b"\xff\xd8\xff not really a photo"
TITLE = Words("长安隐患〔2026〕1号 <b>", "Hidden danger 2026-1 <b>")


@pytest.fixture(autouse=True)
def _keys(settings, tmp_path) -> None:
    settings.ANLAN_DATA = tmp_path
    ensure_keys(tmp_path / "keys")


def step(act: str, at: datetime, chain: uuid.UUID = CHAIN, **more: Any) -> None:
    with transaction.atomic():
        append(chain, "hidden_dangers.HiddenDanger", act, OFFICER, at=at, received_at=at, **more)


def attachment(content: bytes = PHOTO) -> Attachment:
    seal = seal_bytes(content)
    return Attachment(
        seal.sha256, seal.sm3, len(content), "现场.jpg", "image/jpeg", ".jpg", lambda: io.BytesIO(content)
    )


def export(path: Path, **more: Any) -> Path:
    more.setdefault("attachments", [attachment()])
    return export_case(
        CHAIN, TITLE, lambda e: Words(f"第{e.seq}步 {e.act}", f"Step {e.seq} {e.act}"), path, **more
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Two days anchored, one entry of today not yet."""
    with clock.travel(AT):
        step("created", AT, data={"where": "车间"}, private={"phone": "13800000000"})
        step("created", AT, chain=uuid.UUID(int=8))
    with clock.travel(AT + timedelta(days=1)):
        anchor()
        step("rectify", AT, evidence=[attachment().sha256])
    with clock.travel(AT + timedelta(days=2)):
        anchor()
    with clock.travel(AT + timedelta(days=3)):
        anchor()
        return export(tmp_path / "case.zip")


def states(report: CaseReport) -> dict[str, str]:
    return {check.name: check.state for check in report.checks}


def test_a_true_bundle(bundle: Path) -> None:
    report = verify_case(bundle, trusted=[public_key()])
    assert report.sound, report.checks
    assert states(report) == {
        "archive": PASSED, "manifest": PASSED, "signature": PASSED, "entries": PASSED, "private": OPEN,
        "anchors": PASSED, "proofs": PASSED, "evidence": PASSED, "page": PASSED,
    }  # fmt: skip
    assert (report.entries, report.anchored, report.evidence) == (2, 2, 1)
    assert states(verify_case(bundle))["signature"] == OPEN
    assert states(verify_case(bundle, trusted=["00"]))["signature"] == FAILED


def test_private_data_stays_at_home_unless_asked_for(bundle: Path, tmp_path: Path) -> None:
    content = b"".join(zipfile.ZipFile(bundle).read(name) for name in zipfile.ZipFile(bundle).namelist())
    assert b"13800000000" not in content
    full = export(tmp_path / "full.zip", private=True)
    assert b"13800000000" in zipfile.ZipFile(full).read("manifest.json")
    assert states(verify_case(full))["private"] == PASSED


def test_what_is_not_yet_anchored_is_said(bundle: Path, tmp_path: Path) -> None:
    with clock.travel(AT + timedelta(days=3)):
        step("accept", AT)
        report = verify_case(export(tmp_path / "later.zip"))
    assert report.sound
    assert states(report)["proofs"] == OPEN
    assert next(c for c in report.checks if c.name == "proofs").where == "3–3"


def test_withheld_evidence_is_open_not_wrong(bundle: Path, tmp_path: Path) -> None:
    report = verify_case(export(tmp_path / "bare.zip", attachments=[]))
    assert report.sound
    assert states(report)["evidence"] == OPEN


def test_published_anchors(bundle: Path) -> None:
    right = {a.number: a.sha256 for a in Anchor.objects.all()}
    assert verify_case(bundle, published=right).sound
    assert verify_case(bundle, published={3: "ab" * 32}).first_fault.name == "anchors"


def test_no_such_chain(tmp_path: Path) -> None:
    with pytest.raises(LedgerError):
        export_case(uuid.uuid4(), TITLE, lambda e: TITLE, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_the_page_is_escaped_and_without_script(bundle: Path) -> None:
    page = zipfile.ZipFile(bundle).read("case.html").decode()
    assert "&lt;b&gt;" in page
    assert "<script" not in page
    assert "2026-03-06 10:00" in page


Change = Callable[[dict[str, Any], dict[str, bytes]], None]


def tampered(bundle: Path, change: Change, resign: bool = False) -> io.BytesIO:
    with zipfile.ZipFile(bundle) as old:
        members = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(members["manifest.json"])
    change(manifest, members)
    members["manifest.json"] = json.dumps(manifest).encode()
    if resign:
        signature, key = sign(canonical(manifest))
        members["signature.json"] = json.dumps({"signature": signature, "public_key": key}).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    return out


def _alter(m: dict, _: dict) -> None:
    m["entries"][0]["body"]["data"]["where"] = "别处"


def _alter_and_rehash(m: dict, _: dict) -> None:
    previous = Seal("", "")
    m["entries"][0]["body"]["data"]["where"] = "别处"
    for item in m["entries"]:
        item["body"]["previous"] = {"sha256": previous.sha256, "sm3": previous.sm3}
        previous = seal_body(item["body"])
        item["sha256"], item["sm3"] = previous.sha256, previous.sm3


def _drop_tail(m: dict, _: dict) -> None:
    m["entries"].pop()


def _drop_first(m: dict, _: dict) -> None:
    m["entries"].pop(0)


def _swap_order(m: dict, _: dict) -> None:
    m["entries"].reverse()


def _swap_evidence(m: dict, members: dict) -> None:
    members[m["evidence"][0]["file"]] = b"another photo"


def _swap_evidence_and_hash(m: dict, members: dict) -> None:
    seal = seal_bytes(b"another photo")
    members[m["evidence"][0]["file"]] = b"another photo"
    m["evidence"][0]["sha256"], m["evidence"][0]["sm3"] = seal.sha256, seal.sm3


def _drop_evidence(m: dict, members: dict) -> None:
    del members[m["evidence"][0]["file"]]


def _alter_anchor(m: dict, _: dict) -> None:
    m["anchors"][1]["body"]["root"]["sm3"] = "00" * 32


def _drop_anchor(m: dict, _: dict) -> None:
    m["anchors"].pop(1)


def _alter_page(m: dict, members: dict) -> None:
    members["case.html"] = "<h1>别的故事</h1>".encode()


def _stranger(m: dict, members: dict) -> None:
    members["evidence/run.js"] = b"alert(1)"


def _other_chain(m: dict, _: dict) -> None:
    m["chain"] = str(uuid.uuid4())


def _false_private(m: dict, _: dict) -> None:
    m["entries"][0] |= {"salt": "x", "private": {"phone": "13900000000"}}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (_alter, "entries"), (_alter_and_rehash, "proofs"), (_drop_tail, "proofs"), (_drop_first, "entries"),
        (_swap_order, "entries"), (_swap_evidence, "evidence"), (_swap_evidence_and_hash, "evidence"),
        (_drop_evidence, "evidence"), (_alter_anchor, "anchors"), (_drop_anchor, "anchors"), (_alter_page, "page"),
        (_stranger, "page"), (_other_chain, "entries"), (_false_private, "private"),
    ],
)  # fmt: skip
def test_attacks_are_named(bundle: Path, change: Change, where: str) -> None:
    # Even somebody who could sign the manifest anew with our key does not get by; without it, the signature fails too.
    signed = verify_case(tampered(bundle, change, resign=True), trusted=[public_key()])
    assert signed.first_fault is not None
    assert signed.first_fault.name == where
    assert signed.first_fault.words.zh
    unsigned = verify_case(tampered(bundle, change))
    assert not unsigned.sound


def test_first_fault_names_the_entry(bundle: Path) -> None:
    fault = verify_case(tampered(bundle, _alter, resign=True)).first_fault
    assert (fault.name, fault.reason, fault.where) == ("entries", "body", "entry 1")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../x", "unsafe_name"),
        ("/etc/passwd", "unsafe_name"),
        ("a\\b", "unsafe_name"),
        ("C:x", "unsafe_name"),
    ],
)
def test_path_traversal(bundle: Path, name: str, code: str) -> None:
    def change(_: dict, members: dict) -> None:
        members[name] = b"x"

    assert verify_case(tampered(bundle, change)).first_fault.reason == code


def test_zip_bomb_is_counted_while_reading(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("manifest.json", b"[" + b" " * 30_000_000 + b"]")
    report = verify_case(out, limits=Limits(manifest=1_000_000, total=2_000_000_000))
    assert report.first_fault.reason == "too_large"
    small = verify_case(out, limits=Limits(total=1000))
    assert small.first_fault.reason == "too_large"


@pytest.mark.parametrize(
    "manifest",
    [b"", b"{", b"[]", b"null", b'{"format": 1}', b"\xff", b"[" * 100_000, b'{"a": 1, "a": 2}', b'{"a": 1.5}', b"NaN",
     b'{"format":"anlan-case/1","chain":1}', b'"' + b"9" * 10],
)  # fmt: skip
def test_malformed_manifests(manifest: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr("manifest.json", manifest)
    assert not verify_case(out).sound


def test_half_characters_are_not_shown_to_anybody() -> None:
    manifest = {"format": "anlan-case/1", "chain": "x", "exported_at": "x", "public_key": "x", "page_sha256": "x",
                "title": {"zh": "\ud800"}, "entries": [{}], "anchors": [], "proofs": [], "evidence": []}  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr("manifest.json", json.dumps(manifest))
    report = verify_case(out)
    assert report.first_fault.reason == "bad_json"
    assert report.title == {}


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(content: bytes) -> None:
    assert not verify_case(io.BytesIO(content)).sound


junk = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


@given(st.data())
def test_any_misshapen_manifest_is_answered(data: st.DataObject) -> None:
    manifest = json.loads(_SHAPE)
    node: Any = manifest
    while isinstance(node, (dict, list)) and node:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], (dict, list)) or not node[key] or data.draw(st.booleans()):
            node[key] = data.draw(junk)
            break
        node = node[key]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr("manifest.json", json.dumps(manifest))
        new.writestr("signature.json", json.dumps({"signature": "00"}))
        new.writestr("case.html", "")
    assert not verify_case(out).sound


_BODY = {"seq": 1, "previous": {"sha256": "", "sm3": ""}, "evidence": ["aa"], "private_digest": ""}
_SHAPE = json.dumps(
    {
        "format": "anlan-case/1", "title": {"zh": "a", "en": "b"}, "chain": "c", "exported_at": "x", "public_key": "k",
        "page_sha256": "p",
        "entries": [{"body": _BODY, "sha256": "1", "sm3": "2", "private": {}, "salt": "s"}],
        "proofs": [{"anchor": 1, "leaf": {"seq": 1}, "path": {"sha256": [["left", "00"]], "sm3": []}}],
        "anchors": [{"body": {"number": 1}, "sha256": "1", "sm3": "2", "signature": "00"}],
        "evidence": [{"sha256": "aa", "sm3": "b", "file": "evidence/x"}],
    }
)  # fmt: skip


def test_without_django_and_without_database(bundle: Path) -> None:
    code = (
        "import sys; from anlan.kernel.ledger import verify_case; r = verify_case(sys.argv[1]);"
        "from django.conf import settings; assert not settings.configured; sys.exit(0 if r.sound else 1)"
    )
    env = {"PYTHONPATH": str(Path(__file__).parents[4]), "PATH": "/usr/bin"}
    assert subprocess.run([sys.executable, "-c", code, str(bundle)], env=env, check=False).returncode == 0


def test_the_checker_of_the_documentation_agrees(bundle: Path, tmp_path: Path) -> None:
    text = (Path(__file__).parents[5] / "docs" / "ledger.md").read_text("utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]

    def says(path: Path) -> int:
        return subprocess.run(
            [sys.executable, "-I", "-c", code, str(path)], check=False, capture_output=True
        ).returncode

    assert says(bundle) == 0
    for change in (_alter, _alter_and_rehash, _drop_first, _swap_evidence):
        changed = tmp_path / "changed.zip"
        changed.write_bytes(tampered(bundle, change).getvalue())
        assert says(changed) != 0
