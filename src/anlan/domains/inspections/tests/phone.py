"""A phone as the server meets it: it seals what it captures in a chain and gives envelopes to send."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.inspections.items import checklist_of
from anlan.kernel import clock
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.ledger.device import seal_of
from anlan.kernel.scope.actor import Actor

PLACE = {"lng": "125.320000", "lat": "43.880000", "accuracy": 12}


class Phone:
    """One device of one person."""

    def __init__(self, person: Actor, *, wrong_by: timedelta = timedelta(), measured: bool = False) -> None:
        self.person, self.wrong_by = person, wrong_by
        self.offset = -round(wrong_by.total_seconds()) if measured else 0
        self.device, self.seq, self.head = str(uuid.uuid4()), 0, ""

    def visit(
        self, firm: Enterprise, *, findings: Iterable[str] = (), photos: Mapping[str, uuid.UUID] | None = None,
        based_on: str = "", fixed: Mapping[str, uuid.UUID] | None = None,
        answers: Mapping[str, str] | None = None, limits: Mapping[str, date] | None = None, counts_right: bool = False,
        after_signing: Iterable[tuple[str, dict[str, Any]]] = (),
    ) -> dict[str, Any]:  # fmt: skip
        """Return the envelope of one visit: every item answered, both parties signed.

        ``limits`` are by when findings are to be put right; ``counts_right`` says that the phone counted them by the clock it
        knew to be right. ``after_signing`` are records between the signatures and the end.
        """
        series = _Series(clock.now() + self.wrong_by)
        series.add(
            "begin", {"person": str(self.person.person_id), "site": str(firm.pk), "purpose": "routine"}
        )
        wrong = set(findings)
        for item in checklist_of(firm, clock.today()):
            more = self._limited((limits or {}).get(item.key), counts_right) if item.key in wrong else {}
            series.add(
                "answer", {"item": item.key, "answer": "finding" if item.key in wrong else "ok", **more}
            )
        for key, answer in (answers or {}).items():
            series.add("answer", {"item": key, "answer": answer})
        for item, pk in (photos or {}).items():
            digest = Evidence.unscoped("a test reads the digest").get(pk=pk).sha256
            series.add("photo", {"item": item, "sha256": digest})
        for item, pk in (fixed or {}).items():
            digest = Evidence.unscoped("a test reads the digest").get(pk=pk).sha256
            series.add("fixed", {"item": item, "sha256": digest})
        for number, party in enumerate(("inspector", "enterprise")):
            series.add("signature", {"party": party, "sha256": f"{number:064x}"})
        for kind, data in after_signing:
            series.add(kind, data)
        self.seq += 1
        series.add("finish", {
            "device": self.device, "device_seq": self.seq, "device_previous": self.head, "based_on": based_on,
            "clock_offset": self.offset, "seconds_on_site": 480, "seconds_writing": 30, "keystrokes": 9,
        })  # fmt: skip
        self.head = series.records[-1]["sha256"]
        return {"series": series.id, "records": series.records}

    def _limited(self, limit: date | None, counts_right: bool) -> dict[str, str]:
        if limit is None:
            return {}
        day = (clock.now() + self.wrong_by + timedelta(seconds=self.offset)).astimezone(clock.CHINA).date()
        return {"rectify_by": limit.isoformat(), **({"day": day.isoformat()} if counts_right else {})}


class _Series:
    def __init__(self, at: Any) -> None:
        self.id, self.records, self.at = str(uuid.uuid4()), list[dict[str, Any]](), at

    def add(self, kind: str, data: dict[str, Any]) -> None:
        body = {
            "v": 1, "series": self.id, "seq": len(self.records) + 1, "kind": kind, "place": PLACE, "data": data,
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "previous": self.records[-1]["sha256"] if self.records else "",
        }  # fmt: skip
        self.records.append({"body": body, "sha256": seal_of(body)})
