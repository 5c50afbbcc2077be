"""Reads what devices send: JSON batches of readings in the few shapes that gateways write, and lines of CSV.

``{"at": 1764119589000, "values": {"PT-101": 1.25, "TT-102": {"v": 80.1, "q": "bad"}}}``, a list of such objects, or a
series of one tag: ``{"tag": "PT-101", "at": [...], "values": [...]}``. ``at`` is milliseconds since 1970 or ISO 8601;
``ts`` is taken for it too.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from anlan.streams.codec import Numbers, Qualities, Readings, Times, joined
from anlan.streams.registry import Device, Registry
from anlan.streams.words import (
    FUTURE,
    GONE,
    GOOD,
    NOT_A_NUMBER,
    OUT_OF_RANGE,
    POOR,
    REFUSED,
    UNCERTAIN,
    UNKNOWN,
    UNREADABLE,
)

LEAD_MS = 5 * 60_000  # clocks of devices run ahead by this much without anybody's fault
MOST_KEPT = 1000  # refused readings kept word by word of one batch and reason; the count tells of more
_QUALITIES = {"good": GOOD, "uncertain": UNCERTAIN, "bad": POOR}
_LONGEST_TEXT = 200
CSV_AT_ONCE = 20_000


@dataclass(slots=True)
class Refused:
    """Readings of one batch refused for one reason."""

    device: Device
    reason: str
    count: int = 0
    readings: list[Any] = field(default_factory=list)

    @property
    def tag(self) -> str:
        """Return the first tag among them."""
        first = self.readings[0] if self.readings else None
        return str(first[0])[:120] if isinstance(first, list) and first else ""


@dataclass(slots=True)
class Batch:
    """One message as read: places of points (-1 unknown) with times, values, qualities; ``tags`` name them for the quarantine."""

    device: Device
    tags: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    qualities: dict[int, int] = field(default_factory=dict)  # by position; most readings are good
    gone: list[int] = field(default_factory=list)  # places of points whose device said that it goes


class Unreadable(ValueError):
    """That a message is in none of the shapes."""


def read_json(payload: bytes, device: Device, now_ms: int) -> Batch:
    """Read a JSON batch. Raises Unreadable."""
    try:
        said = orjson.loads(payload)
    except ValueError:
        try:
            said = json.loads(payload)  # many programs write NaN, which JSON does not know
        except (ValueError, RecursionError):
            raise Unreadable from None
    batch = Batch(device)
    for part in said if isinstance(said, list) else [said]:
        if not isinstance(part, dict):
            raise Unreadable
        at = part.get("at", part.get("ts", now_ms))
        values = part.get("values")
        if isinstance(values, dict):
            _one_moment(batch, _milliseconds(at), values)
        elif isinstance(values, list) and isinstance(at, list) and len(at) == len(values):
            tag = str(part.get("tag", ""))
            _extend(batch, [tag] * len(values), [_milliseconds(one) for one in at], values)
        else:
            raise Unreadable
    return batch


def _one_moment(batch: Batch, at: int, values: Mapping[str, Any]) -> None:
    _extend(batch, list(values), [at] * len(values), list(values.values()))


def _extend(batch: Batch, tags: list[str], at: list[int], values: list[Any]) -> None:
    begin = len(batch.tags)
    batch.tags += tags
    batch.places += map(batch.device.tags.__getitem__, tags)
    batch.at += at
    if dict in set(map(type, values)):
        for place, value in enumerate(values):
            if isinstance(value, dict):
                values[place] = value.get("v", value.get("value"))
                quality = _quality(value.get("q", value.get("quality", GOOD)))
                if quality:
                    batch.qualities[begin + place] = quality
    batch.values += values


def _quality(said: Any) -> int:
    if isinstance(said, str):
        return _QUALITIES.get(said.lower(), POOR)
    if isinstance(said, bool) or not isinstance(said, int):
        return POOR
    # OPC: 192 and above is good, 64 to 191 uncertain, below bad; our own words are 0, 1, 2.
    if said in (GOOD, UNCERTAIN, POOR):
        return said
    return GOOD if said >= 192 else UNCERTAIN if said >= 64 else POOR


def _milliseconds(at: Any) -> int:
    if isinstance(at, int) and not isinstance(at, bool) and abs(at) < 1 << 53:
        return at
    if isinstance(at, float) and abs(at) < 1 << 53:
        return int(at)
    try:
        when = datetime.fromisoformat(at)
    except (TypeError, ValueError):
        raise Unreadable from None
    if when.tzinfo is None:
        raise Unreadable
    return round(when.timestamp() * 1000)


def sifted(batches: Iterable[Batch], registry: Registry, now_ms: int) -> tuple[Readings, list[Refused]]:
    """Return what many batches bring together as columns of places, and what of it is refused, by batch and reason.

    Of what a known instrument said beyond its range, or as no number, a mark stays among the readings (REFUSED): the
    evaluation is to hear that its quality is bad.
    """
    kept = list(batches)
    places = np.array(list(chain.from_iterable(batch.places for batch in kept)), np.int32)
    at = np.array(list(chain.from_iterable(batch.at for batch in kept)), np.int64)
    value = _numbers(list(chain.from_iterable(batch.values for batch in kept)))
    quality = _qualities(kept, len(at))
    gone = list(chain.from_iterable(batch.gone for batch in kept))
    safe = np.maximum(places, 0)
    known = places >= 0
    finite = np.isfinite(value)
    if len(registry.numbers):
        with np.errstate(invalid="ignore"):
            within = (value >= registry.low[safe]) & (value <= registry.high[safe])
    else:
        within = np.ones(len(at), np.bool_)
    in_time = (at <= now_ms + LEAD_MS) & (at > 0)
    good = known & finite & within & in_time
    refused: list[Refused] = []
    if not good.all():
        why = np.select([~known, ~in_time, ~finite], [1, 2, 3], default=4)
        reasons = ["", UNKNOWN, FUTURE, NOT_A_NUMBER, OUT_OF_RANGE]
        refused = _refused(kept, np.flatnonzero(~good), [reasons[one] for one in why[~good]])
    everything = Readings(places, at, value, quality)
    if refused:
        everything = joined([everything.only(good), _marks(places, at, known & in_time & ~good, REFUSED)])
    if gone:
        whole = np.ones(len(gone), np.bool_)
        marks = _marks(np.array(gone, np.int32), np.full(len(gone), now_ms), whole, GONE)
        everything = joined([everything, marks])
    return everything, refused


def _marks(places: Numbers, at: Times, chosen: NDArray[np.bool_], quality: int) -> Readings:
    count = int(chosen.sum())
    return Readings(places[chosen], at[chosen], np.full(count, np.nan), np.full(count, quality, np.uint8))


def _qualities(batches: list[Batch], count: int) -> Qualities:
    quality = np.zeros(count, np.uint8)
    begin = 0
    for batch in batches:
        for place, said in batch.qualities.items():
            quality[begin + place] = said
        begin += len(batch.at)
    return quality


def _numbers(values: list[Any]) -> Any:
    try:
        if str not in set(map(type, values)):
            return np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    return np.array(
        [
            float(one) if isinstance(one, int | float) and abs(one) < 1e300 else np.nan
            for one in (None if isinstance(value, str) else value for value in values)
        ],
        np.float64,
    )


def _refused(batches: list[Batch], bad: Any, reasons: list[str]) -> list[Refused]:
    found: dict[tuple[int, str], Refused] = {}
    ends = np.cumsum([len(batch.at) for batch in batches])
    owners = np.searchsorted(ends, bad, side="right")
    for position, owner, reason in zip(bad.tolist(), owners.tolist(), reasons, strict=True):
        batch = batches[owner]
        one = found.setdefault((owner, reason), Refused(batch.device, reason))
        one.count += 1
        if one.count <= MOST_KEPT:
            inner = position - (int(ends[owner - 1]) if owner else 0)
            said = [batch.tags[inner][:120], batch.at[inner], _told(batch.values[inner])]
            one.readings.append([*said, batch.qualities.get(inner, GOOD)])
    return list(found.values())


def _told(value: Any) -> Any:
    """Return a refused value as JSON can keep it."""
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    if isinstance(value, int | float | bool) or value is None:
        return value
    return str(value)[:_LONGEST_TEXT]


def unreadable(payload: bytes, device: Device) -> Refused:
    """Return a message that is in no shape, kept from its beginning."""
    text = payload[: _LONGEST_TEXT * 10].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return Refused(device, UNREADABLE, 1, [["", 0, text, POOR]])


def read_csv(text: str, device: Device) -> Iterator[Batch]:
    """Read lines of ``tag,at,value`` (and ``quality``), headed by these names, as batches of some thousand. Raises Unreadable."""
    rows = csv.DictReader(io.StringIO(text))
    names = {name.strip().lower(): name for name in rows.fieldnames or ()}
    if not {"tag", "at", "value"} <= set(names):
        raise Unreadable
    batch = Batch(device)
    try:
        for row in rows:
            at, value = row[names["at"]] or "", row[names["value"]] or ""
            batch.qualities |= _csv_quality(row.get(names.get("quality", "")), len(batch.at))
            moment = _milliseconds(int(at) if at.strip().lstrip("-").isdigit() else at.strip())
            _extend(batch, [(row[names["tag"]] or "").strip()], [moment], [_number(value)])
            if len(batch.at) >= CSV_AT_ONCE:
                yield batch
                batch = Batch(device)
    except (csv.Error, ValueError) as why:
        raise Unreadable from why
    if batch.at:
        yield batch


def _csv_quality(said: str | None, position: int) -> dict[int, int]:
    if not said:
        return {}
    quality = _quality(int(said) if said.strip().isdigit() else said.strip())
    return {position: quality} if quality else {}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
