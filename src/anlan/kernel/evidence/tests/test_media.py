"""Types are read from the content; a claim that contradicts it is refused."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.evidence.errors import EvidenceRefused
from anlan.kernel.evidence.media import DOCX, KINDS, XLSX, checked_type, sniff
from anlan.kernel.evidence.receiving import captured_from, plain_name
from anlan.kernel.evidence.tests import samples

ACCEPTED = [
    ("a.jpg", samples.photo(), "image/jpeg"),
    ("a.png", samples.photo("PNG"), "image/png"),
    ("a.webp", samples.photo("WEBP"), "image/webp"),
    ("a.gif", samples.photo("GIF"), "image/gif"),
    ("a.jpeg", samples.polyglot(), "image/jpeg"),
    ("a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
    ("a.docx", samples.office("word/document.xml"), DOCX),
    ("a.xlsx", samples.office("xl/workbook.xml"), XLSX),
    ("a.wav", samples.sound(), "audio/wav"),
    ("a.mp3", b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
    ("a.mp3", b"\xff\xfb\x90\x44" + b"\0" * 400, "audio/mpeg"),
    ("a.m4a", samples.film(b"M4A "), "audio/mp4"),
    ("a.mp4", samples.film(), "video/mp4"),
    ("a.mov", samples.film(b"qt  "), "video/quicktime"),
    ("a.txt", "阀门泄漏\n".encode(), "text/plain"),
    ("a.csv", "企业,数量\n甲,1\n".encode("gb18030"), "text/csv"),
    ("a.txt", ("安" * 4000).encode(), "text/plain"),
]


@pytest.mark.parametrize(("name", "content", "expected"), ACCEPTED)
def test_accepted(name: str, content: bytes, expected: str) -> None:
    assert checked_type(io.BytesIO(content), name, "") == expected
    assert checked_type(io.BytesIO(content), "no-ending", "application/octet-stream") in (
        expected,
        "text/plain",
    )


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.jpg", samples.photo("PNG"), "type_mismatch"),
        ("a.jpg", b"<html><script>alert(1)</script>", "type_mismatch"),
        ("a.pdf", samples.photo(), "type_mismatch"),
        ("a.docx", samples.office("xl/workbook.xml"), "type_mismatch"),
        ("a.docx", samples.office("word/document.xml", "word/vbaProject.bin"), "type_not_accepted"),
        ("a.zip", samples.office("readme.txt"), "type_not_accepted"),
        ("a.exe", b"MZ\x90\0\x03\0\0\0", "type_not_accepted"),
        ("a.docx", b"PK\x03\x04" + b"\0" * 50, "type_not_accepted"),
        ("a.txt", b"\x7fELF\x02\x01\x01\0", "type_not_accepted"),
        ("a.svg", b"\0\0\0", "type_not_accepted"),
    ],
)
def test_refused(name: str, content: bytes, code: str) -> None:
    with pytest.raises(EvidenceRefused) as refusal:
        checked_type(io.BytesIO(content), name, "")
    assert refusal.value.code == code
    assert refusal.value.words.zh
    assert refusal.value.words.en


def test_declared_type_is_a_claim_too() -> None:
    with pytest.raises(EvidenceRefused, match="mismatch"):
        checked_type(io.BytesIO(samples.photo()), "a.jpg", "text/html; charset=utf-8")
    assert checked_type(io.BytesIO(samples.photo()), "a.jpg", "image/jpg") == "image/jpeg"


@given(st.binary(max_size=400))
def test_any_bytes_are_judged_without_an_accident(content: bytes) -> None:
    assert sniff(io.BytesIO(content)) in (*KINDS, None)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\图片\\现场.jpg", "现场.jpg"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
        ("", "file"),
        ("..", "file"),
    ],
)
def test_names_are_made_plain(given_name: str, kept: str) -> None:
    assert plain_name(given_name) == kept


@given(st.text(max_size=400))
def test_plain_names_are_short_and_without_folders(text: str) -> None:
    kept = plain_name(text)
    assert 0 < len(kept) <= 200
    assert "/" not in kept
    assert "\\" not in kept


def test_claims_of_the_sender() -> None:
    said = captured_from({"at": "2026-03-06T14:20:00+08:00", "lng": "125.3", "lat": "43.9", "accuracy": "12"})
    assert (said.at.isoformat(), said.lng, said.lat, said.accuracy_m) == (
        "2026-03-06T06:20:00+00:00",
        125.3,
        43.9,
        12,
    )
    odd = captured_from({"at": "2026-03-06T14:20:00", "lng": "nan", "lat": "91", "accuracy": "-1"})
    assert (odd.at, odd.lng, odd.lat, odd.accuracy_m) == (None, None, None, None)
