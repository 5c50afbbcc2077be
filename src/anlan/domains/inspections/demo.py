"""Demonstration visits: who visits which site when, what they find, what it costs; and the phone that seals them.

The same seed gives the same visits. Pure but for the sealing: the composition sends what a phone would send.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from PIL import Image, ImageDraw

from anlan.domains.checks.checklists import asked, trades_of
from anlan.domains.hidden_dangers.demo import Act, Plan, Site, Year
from anlan.domains.inspections.words import ENTERPRISE, INSPECTOR
from anlan.kernel.ledger.device import seal_of

VISITED_SHARE, FINDING_SHARE = 0.4, 0.35
SPAN = timedelta(days=60)
ROLES = ("grid_inspector", "grid_inspector", "township_officer")
SIGNATURE = (320, 110)


def visits(random: Random, sites: Sequence[Site], year: Year) -> Iterator[Plan]:
    """Yield the visits of the last two months, one act each."""
    for site in sites:
        if random.random() > VISITED_SHARE:
            continue
        at = year.moment(random, (year.last - random.random() * SPAN).date())
        items = [item.key for item in asked(trades_of(site.industry, site.flags), at.date())]
        wrong = random.sample(items, random.choice((1, 1, 2))) if random.random() < FINDING_SHARE else []
        data = {
            "findings": wrong,
            "seconds_on_site": random.randint(300, 840),
            "seconds_writing": random.randint(12, 95),
            "keystrokes": random.choice((0, 0, 4, 6, 9)) if wrong else 0,
        }
        yield Plan(site.index, "", (Act(at, "visit", random.choice(ROLES), data),))


@dataclass
class DemoPhone:
    """One phone of one person: its visits hang on each other."""

    person: str
    device: str = field(default_factory=lambda: str(uuid.uuid4()))
    seq: int = 0
    head: str = ""

    def visit(
        self, site: str, items: Sequence[str], at: datetime, told: Mapping[str, Any], place: Mapping[str, Any] | None,
        pictures: Mapping[str, str], based_on: str,
    ) -> dict[str, Any]:  # fmt: skip
        """Return the envelope of one visit; ``pictures`` are the digests of both signatures by party."""
        series, records = str(uuid.uuid4()), list[dict[str, Any]]()
        begun = at - timedelta(seconds=told["seconds_on_site"])

        def add(kind: str, data: dict[str, Any], moment: datetime) -> None:
            body = {
                "v": 1, "series": series, "seq": len(records) + 1, "kind": kind, "data": data, "place": place,
                "at": moment.isoformat(timespec="milliseconds"), "previous": records[-1]["sha256"] if records else "",
            }  # fmt: skip
            records.append({"body": body, "sha256": seal_of(body)})

        add("begin", {"person": self.person, "site": site, "purpose": "routine"}, begun)
        for item in items:
            add("answer", {"item": item, "answer": "finding" if item in told["findings"] else "ok"}, at)
        for party in (INSPECTOR, ENTERPRISE):
            add("signature", {"party": party, "sha256": pictures[party]}, at)
        self.seq += 1
        counted = {name: told[name] for name in ("seconds_on_site", "seconds_writing", "keystrokes")}
        add("finish", {
            "device": self.device, "device_seq": self.seq, "device_previous": self.head, "based_on": based_on,
            "clock_offset": 0, **counted,
        }, at)  # fmt: skip
        self.head = records[-1]["sha256"]
        return {"series": series, "records": records}


def signature(random: Random) -> bytes:
    """Return a signature as a finger draws it, a PNG; no two are the same."""
    picture = Image.new("RGB", SIGNATURE, "white")
    pen, width, height = ImageDraw.Draw(picture), *SIGNATURE
    at = (width * 0.15, height * 0.5)
    for _ in range(random.randint(12, 18)):
        to = (min(width * 0.9, at[0] + random.uniform(4, 28)), height * random.uniform(0.2, 0.8))
        pen.line([at, to], fill="#111", width=3)
        at = to
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
