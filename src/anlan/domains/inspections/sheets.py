"""Reading what a phone captured: from the sealed records of one series to one visit. Pure of the database.

A series is: ``begin``, then answers, photos and signatures as they were tapped (a later answer to an item replaces the
earlier, both stay in the chain), then ``finish``. Whatever does not fit is refused in words that name the record.

Whoever signs, signs what stands there: an answer or a photo that comes afterwards takes every signature and refusal with it,
and of several signatures of one party the last counts. The pictures of the others are kept, and stand on no paper.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from anlan.domains.inspections.words import ANSWERS, ENTERPRISE, FINDING, PARTIES, PURPOSES
from anlan.kernel import clock
from anlan.kernel.ledger.device import MOST_RECORDS, captured_at, fault_in
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.words import Words

PROOF, AFTER, SIGNATURE, LAPSED = "proof", "after", "signature", "lapsed"
REFUSAL_SAID = "被检查单位拒绝签名"  # what the phone writes as summary where they would not sign
# Notes by which the phone seals what became of a signature.
REFUSED, REFUSAL_TAKEN_BACK, SIGNED_ANEW = "refused_to_sign", "refusal_taken_back", "signed_anew"
LONGEST_NOTE = 500
LARGEST_COUNT = 1_000_000
DIGEST = re.compile(r"[0-9a-f]{64}")
ITEM = re.compile(r"[a-z][a-z0-9_:-]{0,79}")
COORDINATE = re.compile(r"-?\d{1,3}\.\d{6}")
FAULTS = {
    "shape": Words("第 {seq} 项采集缺内容或格式不对。", "Record {seq} lacks something or has the wrong shape."),
    "seq": Words("第 {seq} 项采集之前有缺失。", "Something is missing before record {seq}."),
    "link": Words("第 {seq} 项采集与前一项接不上。", "Record {seq} does not hang on the one before."),
    "body": Words("第 {seq} 项采集（{what}）与其摘要不符，内容被改动过。",
                  "Record {seq} ({what}) does not give its digest: it was altered."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it was captured: what it shows, its digest, and what it is (a signature that counts no more is lapsed)."""

    item: str
    sha256: str
    purpose: str


@dataclass
class Sheet:
    """One visit as a phone tells it."""

    series: uuid.UUID
    records: Sequence[Mapping[str, Any]]
    person: str
    site: str
    purpose: str
    place: tuple[Decimal, Decimal] | None
    finished_at: datetime
    device: uuid.UUID
    device_seq: int
    device_previous: str
    based_on: str
    summary: str
    clock_offset: int
    budget: dict[str, int]
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    photos: list[Photo] = field(default_factory=list)
    signatures: dict[str, str] = field(default_factory=dict)  # those that count: party → digest
    is_refused: bool = False  # the enterprise would not sign, and that was the last word
    overtaken: set[str] = field(default_factory=set)  # whose signature or refusal came before the last change
    fixed: set[str] = field(default_factory=set)
    # By item: when it was answered by the phone's clock, and the day from which the phone counted its limit.
    captured: dict[str, datetime] = field(default_factory=dict)
    counted_from: dict[str, date] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """Return the digest of the last record."""
        return str(self.records[-1]["sha256"])

    def findings(self) -> list[dict[str, Any]]:
        """Return the answers that are findings, in the order of their items."""
        return [one for one in self.answers.values() if one["answer"] == FINDING]

    def left_to_rectify(self) -> list[dict[str, Any]]:
        """Return the findings that were not put right before the inspector's eyes."""
        return [one for one in self.findings() if one["item"] not in self.fixed]


def read_sheet(envelope: Mapping[str, Any]) -> Sheet:
    """Return the visit that a series of sealed records tells; raises Invalid."""
    series, records = _id(envelope.get("series"), "series"), envelope.get("records")
    if not isinstance(records, list) or len(records) > MOST_RECORDS:
        raise _refused("records", FAULTS["shape"].filled(seq=1))
    fault = fault_in(records, str(series))
    if fault is not None:
        what = " ".join(part for part in (fault.kind, fault.item) if part) or "?"
        raise _refused("records", FAULTS[fault.code].filled(seq=max(1, fault.seq), what=what))
    try:
        return _read(series, records)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as fault_:
        words = Words("采集的内容不完整：{what}。", "What was captured is not whole: {what}.")
        raise _refused("records", words.filled(what=str(fault_)[:80] or type(fault_).__name__)) from fault_


def _read(series: uuid.UUID, records: Sequence[Mapping[str, Any]]) -> Sheet:
    bodies = [record["body"] for record in records]
    begin, finish = bodies[0], bodies[-1]
    if begin["kind"] != "begin" or finish["kind"] != "finish":
        raise ValueError("begin, finish")
    start, end = begin["data"], finish["data"]
    sheet = Sheet(
        series=series,
        records=records,
        person=str(uuid.UUID(start["person"])),
        site=str(uuid.UUID(start["site"])),
        purpose=_one_of(start["purpose"], [key for key, _ in PURPOSES]),
        place=_place([body["place"] for body in bodies]),
        finished_at=captured_at(finish),
        device=uuid.UUID(end["device"]),
        device_seq=_count(end["device_seq"]),
        device_previous=_text(end["device_previous"], 64),
        based_on=_text(end.get("based_on", ""), 64),
        summary=_text(end.get("summary", ""), 2000),
        clock_offset=_signed(end["clock_offset"]),
        budget={name: _count(end[name]) for name in ("seconds_on_site", "seconds_writing", "keystrokes")},
    )
    for body in bodies[1:-1]:
        _take_in(sheet, body["kind"], body["data"])
        if body["kind"] == "answer":
            _count_from(sheet, body)
    if sheet.summary == REFUSAL_SAID and not sheet.is_refused:
        sheet.summary = ""  # they signed after all, or refused something else than what now stands there
    counts = set(sheet.signatures.values())
    sheet.photos = [
        replace(one, purpose=LAPSED) if one.purpose == SIGNATURE and one.sha256 not in counts else one
        for one in sheet.photos
    ]
    return sheet


def _take_in(sheet: Sheet, kind: str, data: Mapping[str, Any]) -> None:
    if kind in {"answer", "photo", "fixed"}:
        _overtake(sheet)
    if kind == "answer":
        item = _item(data["item"])
        answer = _one_of(data["answer"], ANSWERS)
        sheet.answers[item] = {
            "item": item,
            "answer": answer,
            "note": _text(data.get("note", ""), LONGEST_NOTE),
            "rectify_by": _text(data.get("rectify_by", ""), 10),
        }
        if answer != FINDING:
            sheet.fixed.discard(item)  # what is no finding after all was not put right
    elif kind == "photo":
        sheet.photos.append(Photo(_item(data["item"]), _digest(data["sha256"]), PROOF))
    elif kind == "fixed":
        item = _item(data["item"])
        sheet.photos.append(Photo(item, _digest(data["sha256"]), AFTER))
        if sheet.answers.get(item, {}).get("answer") == FINDING:
            sheet.fixed.add(item)
    elif kind == "signature":
        _sign(sheet, _one_of(data["party"], PARTIES), _digest(data["sha256"]))
    elif kind == "note":
        _note(sheet, data)
    else:
        raise ValueError(str(kind)[:40])


def _sign(sheet: Sheet, party: str, sha256: str) -> None:
    """Take a signature in: it replaces the one before, and a refusal of the enterprise."""
    sheet.signatures[party] = sha256
    sheet.overtaken.discard(party)
    if party == ENTERPRISE:
        sheet.is_refused = False
    sheet.photos.append(Photo(f"signature:{party}", sha256, SIGNATURE))


def _note(sheet: Sheet, data: Mapping[str, Any]) -> None:
    """Take in what a note says of a signature; whatever else a note says stays in the chain alone."""
    text, party = data.get("text"), data.get("party")
    if text == REFUSED:
        sheet.is_refused = True
        sheet.signatures.pop(ENTERPRISE, None)
        sheet.overtaken.discard(ENTERPRISE)
    elif text == REFUSAL_TAKEN_BACK:
        sheet.is_refused = False
    elif text == SIGNED_ANEW and isinstance(party, str):
        sheet.signatures.pop(party, None)


def _overtake(sheet: Sheet) -> None:
    """The content changes: nobody has signed, or refused to sign, what now stands there."""
    sheet.overtaken |= {*sheet.signatures, *([ENTERPRISE] if sheet.is_refused else [])}
    sheet.signatures.clear()
    sheet.is_refused = False


def _count_from(sheet: Sheet, body: Mapping[str, Any]) -> None:
    """Keep when an item was answered, and the day the phone took for today: its limit is counted from there.

    The phone says that day (``day``), put right by what it knew of its clock; one that does not say it went by its bare clock.
    """
    item = body["data"]["item"]
    sheet.captured.pop(item, None)
    sheet.counted_from.pop(item, None)
    try:
        at = captured_at(body)
        said = body["data"].get("day")
        sheet.counted_from[item] = date.fromisoformat(said) if said else at.astimezone(clock.CHINA).date()
        sheet.captured[item] = at
    except (TypeError, ValueError, OverflowError):
        return  # with no day to go by, the limit stays as it was told


def _place(places: Sequence[Any]) -> tuple[Decimal, Decimal] | None:
    """Return where it was captured: the most accurate place any record gives."""
    known = [place for place in places if place is not None]
    if not known:
        return None
    best = min(known, key=lambda place: _count(place["accuracy"]))
    lng, lat = best["lng"], best["lat"]
    if not COORDINATE.fullmatch(lng) or not COORDINATE.fullmatch(lat):
        raise ValueError("place")
    found = Decimal(lng), Decimal(lat)
    if abs(found[0]) > 180 or abs(found[1]) > 90:
        raise ValueError("place")
    return found


def _id(value: Any, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except (TypeError, ValueError, AttributeError):
        raise _refused(name, Words("应为编号（UUID）。", "It must be a UUID.")) from None


def _one_of(value: Any, known: Any) -> str:
    if not isinstance(value, str) or value not in known:
        raise ValueError(str(value)[:40])
    return value


def _item(value: Any) -> str:
    if not isinstance(value, str) or not ITEM.fullmatch(value):
        raise ValueError("item")
    return value


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise ValueError("sha256")
    return value


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise ValueError("text")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_COUNT:
        raise ValueError("count")
    return value


def _signed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31 - 1:
        raise ValueError("clock_offset")
    return value


def _refused(name: str, words: Words) -> Invalid:
    return Invalid({name: [words]})
