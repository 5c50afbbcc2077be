"""Signatures stand for what stood there when they were given: whatever is changed afterwards was signed by nobody."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from anlan.domains.inspections.actions import receive_visit
from anlan.domains.inspections.bringing import bring_photo
from anlan.domains.inspections.sheets import LAPSED, REFUSAL_SAID, SIGNATURE, Sheet, read_sheet
from anlan.domains.inspections.tests.phone import Phone
from anlan.domains.inspections.tests.test_sheets import bodies, sealed
from anlan.kernel.evidence import evidence_of
from anlan.kernel.evidence.models import Evidence

FIRST, SECOND, THIRD = ("a" * 64, "b" * 64, "c" * 64)
ANSWER = ("answer", {"item": "wiring", "answer": "ok"})
PHOTO = ("photo", {"item": "wiring", "sha256": "d" * 64})
FIXED = ("fixed", {"item": "wiring", "sha256": "e" * 64})


def signs(party: str, sha256: str) -> tuple[str, dict[str, Any]]:
    return "signature", {"party": party, "sha256": sha256}


def says(text: str, **more: str) -> tuple[str, dict[str, Any]]:
    return "note", {"text": text, **more}


def read(*records: tuple[str, dict[str, Any]], summary: str = "") -> Sheet:
    """Read a small visit whose signing went like this."""
    begin, found, photo, _, finish = bodies()
    finish["data"] = {**finish["data"], "summary": summary}
    told = [{**photo, "kind": kind, "data": data} for kind, data in records]
    return read_sheet(sealed([begin, found, photo, *told, finish]))


@pytest.mark.parametrize("later", [ANSWER, PHOTO, FIXED])
def test_what_comes_after_a_signature_takes_it_away(later: tuple[str, dict[str, Any]]) -> None:
    sheet = read(signs("inspector", FIRST), signs("enterprise", SECOND), later)
    assert (sheet.signatures, sheet.overtaken) == ({}, {"inspector", "enterprise"})
    purposes = {one.sha256: one.purpose for one in sheet.photos}
    assert (purposes[FIRST], purposes[SECOND]) == (LAPSED, LAPSED)  # kept by name all the same


def test_who_signs_again_has_signed() -> None:
    sheet = read(signs("inspector", FIRST), PHOTO, signs("inspector", SECOND), signs("inspector", THIRD))
    assert (sheet.signatures, sheet.overtaken) == ({"inspector": THIRD}, set())
    counts = [one.sha256 for one in sheet.photos if one.purpose == SIGNATURE]
    assert counts == [THIRD]


def test_a_signature_wiped_off_is_none() -> None:
    assert read(signs("enterprise", FIRST), says("signed_anew", party="enterprise")).signatures == {}


@pytest.mark.parametrize(
    ("records", "is_refused"),
    [
        ([says("refused_to_sign")], True),
        ([says("refused_to_sign"), says("refusal_taken_back")], False),
        ([says("refused_to_sign"), signs("enterprise", FIRST)], False),
        ([signs("enterprise", FIRST), says("refused_to_sign")], True),
        ([says("refused_to_sign"), PHOTO], False),
    ],
)
def test_the_last_word_of_the_enterprise_counts(
    records: list[tuple[str, dict[str, Any]]], is_refused: bool
) -> None:
    sheet = read(*records, summary=REFUSAL_SAID)
    assert (sheet.is_refused, sheet.summary) == (is_refused, REFUSAL_SAID if is_refused else "")


def test_a_signature_of_something_else_is_said_and_stands_on_no_paper(city: Any) -> None:
    inspector, phone = city.grid_inspector, Phone(city.grid_inspector)
    early, late = city.photo(inspector), city.photo(inspector)
    digests = dict(
        Evidence.unscoped("a test reads digests").filter(pk__in=[early, late]).values_list("pk", "sha256")
    )
    found = ("answer", {"item": "wiring", "answer": "finding"})
    signing = [signs("inspector", digests[early]), found, signs("inspector", digests[late])]
    envelope = phone.visit(city.workshop, after_signing=signing)
    got = receive_visit(inspector, envelope)
    (note,) = got.notes
    assert "被检查单位的签名" in note.zh
    assert got.visit.signatures == 1
    for pk in (early, late):
        bring_photo(inspector, uuid.UUID(envelope["series"]), pk)
    hung = {link.evidence_id: link.purpose for link in evidence_of(got.visit.pk)}
    assert hung == {early: "attachment", late: "signature"}
