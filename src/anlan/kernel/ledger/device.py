"""The chain of a device: what a phone captured where there was no network, each record hung on the one before.

A record is sealed the moment it is captured: its SHA-256 covers the canonical JSON of its body, the digest of the record
before included. The ledger entry that receives a series keeps all of it, so its own chain continues the device's, and a
case bundle says which record was altered. Pure: needs neither Django nor a database. ``docs/ledger.md`` tells it to others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from anlan.kernel.ledger.canonical import NotCanonical, canonical, canonical_of_plain, plain

VERSION = 1
FIELDS = frozenset({"v", "series", "seq", "kind", "at", "place", "data", "previous"})
CAPTURED = frozenset({"kind", "at", "place", "data"})  # what does not follow from the rest of the series
MOST_RECORDS = 2000


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """What is wrong with a series: ``code`` (shape, seq, link, body) at record ``seq``, which captured ``kind``."""

    code: str
    seq: int
    kind: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class DeviceSeal:
    """A verified series, as a step of a matter is given it.

    ``noted`` goes into the entry: where the series stands in its device's chain, how its clock was wrong. ``told`` is what
    the domain read out of it and is for its own effect alone.
    """

    series: str
    head: str
    records: Sequence[Mapping[str, Any]]
    noted: Mapping[str, Any]
    told: Mapping[str, Any]

    def kept(self) -> dict[str, Any]:
        """Return what the ledger entry keeps; ``head`` is the digest from which it continues the device's chain."""
        found: dict[str, Any] = {**self.noted, "series": self.series, "head": self.head}
        return {**found, "records": list(self.records)} if self.records else found

    def brief(self) -> DeviceSeal:
        """Return the seal without its records, for further steps of the same act: they lie in the entry that opened it."""
        return replace(self, records=(), noted={})


def seal_of(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's body in hexadecimal; raises NotCanonical."""
    return sha256(_written(dict(body))).hexdigest()


def _written(body: dict[str, Any]) -> bytes:
    """Return the canonical bytes: by the quick writer of what ``plain`` passes, by the careful one of what it does not."""
    try:
        return canonical_of_plain(plain(body))
    except NotCanonical:
        return canonical(body)


def fault_in(records: Sequence[Any], series: str) -> DeviceFault | None:
    """Return the first fault of a series of sealed records (``{"body": …, "sha256": …}``), or None.

    A series begins with record 1, which hangs on nothing; every other names the digest of the one before.
    """
    previous = ""
    for seq, record in enumerate(records, start=1):
        fault = _fault(record, series, seq, previous)
        if fault:
            body = record.get("body") if isinstance(record, Mapping) else None
            return DeviceFault(fault, seq, *_named(body))
        previous = record["sha256"]
    return None if records else DeviceFault("shape", 0)


def unfolded(series: str, head: str, captured: Sequence[Any]) -> list[dict[str, Any]] | None:
    """Return the sealed records of a series that came without its digests, which follow from it; None where they do not.

    ``captured``: of each record what it captured alone (kind, at, place, data). The last digest covers every one before it, so
    ``head`` proves all of them; which one was altered only the series with all its digests tells.
    """
    records: list[dict[str, Any]] = []
    previous = ""
    for seq, one in enumerate(captured, start=1):
        if not isinstance(one, Mapping) or set(one) != CAPTURED:
            return None
        body = {"v": VERSION, "series": series, "seq": seq, **one, "previous": previous}
        try:
            previous = seal_of(body)
        except NotCanonical:
            return None
        records.append({"body": body, "sha256": previous})
    return records if previous == head and records else None


def _fault(record: Any, series: str, seq: int, previous: str) -> str | None:
    if not isinstance(record, Mapping) or not isinstance(record.get("body"), Mapping):
        return "shape"
    body = record["body"]
    if set(body) != FIELDS or body["v"] != VERSION or body["series"] != series:
        return "shape"
    if body["seq"] != seq:
        return "seq"
    if body["previous"] != previous:
        return "link"
    try:
        return None if seal_of(body) == record.get("sha256") else "body"
    except NotCanonical:
        return "body"


def _named(body: Any) -> tuple[str, str]:
    if not isinstance(body, Mapping):
        return "", ""
    data = body.get("data")
    item = data.get("item", "") if isinstance(data, Mapping) else ""
    return str(body.get("kind", ""))[:40], str(item)[:80]


def captured_at(body: Mapping[str, Any]) -> datetime:
    """Return the instant at which the device says it captured a record; raises ValueError."""
    at = datetime.fromisoformat(str(body["at"]))
    if at.tzinfo is None:
        raise ValueError("a time without time zone")
    return at.astimezone(UTC)
