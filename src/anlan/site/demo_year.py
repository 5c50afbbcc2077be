"""The demonstration year as it happens: plans become steps of the engine, in the order of time.

The clock is moved to each act, so that deadlines, lateness and the ledger are those of the day. What lies after the
present is left undone. A step the engine refuses ends its plan there and is counted; nothing is forced.
"""

from __future__ import annotations

import heapq
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from django.db import connection

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers import demo as dangers
from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import HiddenDanger, ListedSupervision
from anlan.domains.inspections.actions import receive_visit
from anlan.domains.inspections.bringing import bring_photo
from anlan.domains.inspections.demo import DemoPhone, signature
from anlan.domains.inspections.items import checklist_of
from anlan.domains.inspections.queries import latest_visit
from anlan.domains.inspections.words import PARTIES
from anlan.kernel import clock, evidence
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.loops import open_matter, sweep, take
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Party, Post
from anlan.site import demo_pictures
from anlan.site.demo_people import Cast

OFFICERS = ("county_officer", "industry_officer", "city_officer", "township_officer")
FRESH_STATISTICS_AFTER = 400  # acts: a plan made for an empty table must not be kept for a full one
BUSY_TABLES = "ledger_entry, loops_duty, hidden_dangers_hiddendanger, evidence, evidence_link"


@dataclass(slots=True)
class Firm:
    """An enterprise with its posts, its township's office and the party that regulates it."""

    row: Enterprise
    posts: dict[str, Post]
    inspector: Post | None
    township: Party | None
    regulator: uuid.UUID | None


@dataclass(slots=True)
class Happening:
    """The running year: what was done and what was refused."""

    cast: Cast
    firms: Sequence[Firm]
    random: Random
    city_bureau: Party | None = None
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    matters: dict[int, uuid.UUID] = field(default_factory=dict)
    shots: dict[tuple[str, str, int], Evidence] = field(default_factory=dict)
    phones: dict[str, DemoPhone] = field(default_factory=dict)

    def run(self, plans: Sequence[dangers.Plan], until: datetime, travel: clock.travel) -> None:
        """Let every act up to a moment happen, and the clock's own acts at the end of each day."""
        queue = [(plan.acts[0].at, number, 0) for number, plan in enumerate(plans)]
        heapq.heapify(queue)
        day: date | None = None
        while queue and queue[0][0] <= until:
            at, number, step = heapq.heappop(queue)
            if day is not None and at.date() != day:
                self._night(day, at.date(), travel)
            day = at.date()
            travel.to(at)
            if self._happens(plans[number], number, plans[number].acts[step]):
                acts = plans[number].acts
                if step + 1 < len(acts):
                    heapq.heappush(queue, (acts[step + 1].at, number, step + 1))
            self._refresh()

    def _night(self, day: date, until: date, travel: clock.travel) -> None:
        while day < until:
            day += timedelta(days=1)
            travel.to(datetime.combine(day, datetime.min.time(), clock.CHINA) + timedelta(minutes=5))
            self.done["late"] += sweep()

    def _refresh(self) -> None:
        if self.done.total() % FRESH_STATISTICS_AFTER == 1:
            with connection.cursor() as cursor:
                cursor.execute(f"ANALYZE {BUSY_TABLES}")

    def _happens(self, plan: dangers.Plan, number: int, act: dangers.Act) -> bool:
        firm = self.firms[plan.site]
        try:
            if act.step == "open":
                self._open(plan, number, firm, act)
            elif act.step == "visit":
                self._visit(firm, act)
            else:
                self._take(plan, number, firm, act)
        except KeepingError as why:
            reasons = {
                name: [str(words) for words in found] for name, found in getattr(why, "errors", {}).items()
            }
            self.refused[f"{act.step}: {reasons or why}"] += 1
            return act.on == "listing"
        self.done[act.step] += 1
        return True

    def _open(self, plan: dangers.Plan, number: int, firm: Firm, act: dangers.Act) -> None:
        actor = self._actor(firm, act.role, firm.regulator)
        data = {**act.data, "enterprise": str(firm.row.pk), "found_on": act.data["found_on"].isoformat()}
        photos = self._photo(plan, act, actor, firm)
        entry = open_matter(HiddenDangerLoop, actor, data, at=act.at, evidence=photos, is_demo=True)
        self.matters[number] = entry.chain

    def _visit(self, firm: Firm, act: dangers.Act) -> None:
        """Send what the phone of an inspector would send, then both signatures."""
        role = "township_officer" if firm.inspector is None else act.role
        actor = self._actor(firm, role, firm.regulator)
        phone = self.phones.setdefault(str(actor.person_id), DemoPhone(str(actor.person_id)))
        signed = {
            party: evidence.receive(
                [signature(self.random)],
                f"{party}.png",
                "image/png",
                account_id=actor.account_id,
                is_demo=True,
            )
            for party in PARTIES
        }
        row = firm.row
        place = (
            {"lng": f"{row.longitude:.6f}", "lat": f"{row.latitude:.6f}", "accuracy": 15}
            if row.longitude
            else None
        )
        before = latest_visit(row)
        envelope = phone.visit(
            str(row.pk), [item.key for item in checklist_of(row, act.at.date())], act.at.astimezone(UTC), act.data, place,
            {party: piece.sha256 for party, piece in signed.items()}, before.device_head if before else "",
        )  # fmt: skip
        got = receive_visit(actor, envelope)
        for piece in signed.values():
            bring_photo(actor, uuid.UUID(envelope["series"]), piece.pk)
        self.done["open"] += len(set(got.dangers) - got.known_before)

    def _take(self, plan: dangers.Plan, number: int, firm: Firm, act: dangers.Act) -> None:
        matter = self._matter(self.matters[number], act.on)
        actor = self._actor(firm, act.role, matter.regulator_id)
        data = {name: self._answer(firm, name, value) for name, value in act.data.items()}
        take(act.step, matter, actor, data, at=act.at, evidence=self._photo(plan, act, actor, firm))

    def _matter(self, pk: uuid.UUID, on: str) -> HiddenDanger | ListedSupervision:
        if on == "listing":
            return ListedSupervision.unscoped("the demonstration follows its own matters").get(parent_id=pk)
        return HiddenDanger.unscoped("the demonstration follows its own matters").get(pk=pk)

    def _actor(self, firm: Firm, role: str, regulator: uuid.UUID | None) -> Actor:
        cast = self.cast
        if role.startswith("regulator"):
            posts = cast.of(regulator, *OFFICERS)
            return cast.actor(posts[-1 if role == "regulator_2" else 0])
        if role == "city":
            return cast.actor(cast.of(self.city_bureau.pk if self.city_bureau else None, *OFFICERS)[0])
        if role == "township_officer":
            return cast.actor(cast.of(firm.township.pk if firm.township else None, role)[0])
        if role == "grid_inspector" and firm.inspector is not None:
            return cast.actor(firm.inspector)
        return cast.actor(firm.posts[role])

    def _answer(self, firm: Firm, name: str, value: Any) -> Any:
        if name == "new_regulator":
            party = firm.township if value == "township" else self.city_bureau
            return str(party.pk) if party else ""
        if name == "responsible_post":
            return str(firm.posts[value].pk)
        return value.isoformat() if isinstance(value, date) else value

    def _photo(
        self, plan: dangers.Plan, act: dangers.Act, actor: Actor, firm: Firm
    ) -> dict[str, list[uuid.UUID]]:
        if not act.photo:
            return {}
        model = self.shots[demo_pictures.choose(self.random, plan.scene, act.photo)]
        shot = Evidence._base_manager.create(
            path="", sha256=model.sha256, sm3=model.sm3, size=model.size, media_type=model.media_type,
            name=model.name, width=model.width, height=model.height, captured_at=act.at,
            captured_lng=float(firm.row.longitude or 0), captured_lat=float(firm.row.latitude or 0), accuracy_m=20.0,
            uploaded_by=actor.account_id, received_at=act.at, is_demo=True,
        )  # fmt: skip
        return {act.photo: [shot.pk]}


def receive_pictures() -> None:
    """Put every demonstration picture into the store once; the rows serve as models for those of each act."""
    for key, content in demo_pictures.pictures().items():
        evidence.receive([content], _picture_name(key), "image/jpeg", account_id=None, is_demo=True)


def read_pictures() -> dict[tuple[str, str, int], Evidence]:
    """Return the models of the pictures by scene, phase and variant."""
    rows = Evidence._base_manager.filter(is_demo=True, bound=False, uploaded_by=None)
    named = {row.name: row for row in rows}
    return {key: named[_picture_name(key)] for key in demo_pictures.names()}


def _picture_name(key: tuple[str, str, int]) -> str:
    return f"demo-{key[0]}-{key[1]}-{key[2]}.jpg"
