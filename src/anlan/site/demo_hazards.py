"""The demonstration's major hazards: units of enterprises in every state of the file, with duties and promises noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction

from anlan.domains.enterprises.demo import person_name
from anlan.domains.installations.loop import HazardFileLoop
from anlan.domains.installations.models import (
    DutyRecord,
    HazardFile,
    HazardKeeper,
    Installation,
    Inventory,
    SafetyCommitment,
)
from anlan.domains.installations.words import LAYERS
from anlan.kernel import clock
from anlan.kernel.loops import open_matter, take
from anlan.kernel.registers import create, edit
from anlan.kernel.scope.posts import OFFICERS
from anlan.site.demo_people import Cast
from anlan.site.demo_year import Firm

MOST_FIRMS = 12
MONTHS_AGO, DAYS_AGO = 200, 20
PROMISED_DAYS = 3
POSTS = {"main_person", "safety_officer"}


@dataclass(frozen=True, slots=True)
class Made:
    """One unit: what it is, what it holds, how many live around it, how far its file has come."""

    name: str
    kind: str
    boundary: str
    held: tuple[tuple[str, str, str], ...]
    people: int
    until: str


UNITS = (
    Made("液氨储罐区", "storage", "bund", (("氨", "40", "V-101"), ("氨", "40", "V-102")), 120, "on_file"),
    Made("液氯库", "storage", "building", (("氯", "20", "1号库"),), 60, "on_file"),
    Made(
        "汽油储罐区", "storage", "bund", (("汽油", "3200", "T-01"), ("汽油", "3200", "T-02")), 35, "submitted"
    ),
    Made(
        "甲醇制氢装置", "production", "valve", (("甲醇", "60", "R-301"), ("氢", "4.5", "V-302")), 10, "late"
    ),
    Made(
        "液化石油气球罐区",
        "storage",
        "bund",
        (("液化石油气", "200", "G-1"), ("液化石油气", "200", "G-2")),
        150,
        "again",
    ),
    Made(
        "溶剂库",
        "storage",
        "building",
        (("甲苯", "120", "A区"), ("丙酮", "90", "B区"), ("乙酸乙酯", "40", "C区")),
        40,
        "none",
    ),
    Made(
        "氯碱车间",
        "production",
        "valve",
        (("氯", "50", "电解"), ("氢", "0.5", "氢压机"), ("氯化氢", "10", "合成炉")),
        50,
        "on_file",
    ),
    Made("环氧乙烷罐区", "storage", "bund", (("环氧乙烷", "45", "V-201"),), 20, "identified"),
)


def keep_hazards(seed: int, cast: Cast, firms: Sequence[Firm]) -> int:
    """Let some enterprises with hazardous chemicals keep their units; returns how many units."""
    random = Random(f"{seed}/hazards")  # noqa: S311 (a demonstration, not a secret)
    fit = [firm for firm in firms if set(firm.posts) >= POSTS and cast.of(firm.regulator, *OFFICERS)]
    majors = [firm for firm in fit if firm.row.has_major_hazard]
    others = [firm for firm in fit if firm.row.handles_hazardous_chemicals and not firm.row.has_major_hazard]
    chosen = [*majors, *others][:MOST_FIRMS]
    for number, firm in enumerate(chosen):
        with transaction.atomic():
            _Keeping(random, cast, firm, number).all(UNITS[number % len(UNITS)])
    return len(chosen)


class _Keeping:
    """One enterprise's people at work on one unit."""

    def __init__(self, random: Random, cast: Cast, firm: Firm, number: int) -> None:
        self.random, self.firm, self.number = random, firm, number
        self.officer, self.owner = (
            cast.actor(firm.posts["safety_officer"]),
            cast.actor(firm.posts["main_person"]),
        )
        self.bureau = cast.actor(cast.of(firm.regulator, *OFFICERS)[0])

    def all(self, made: Made) -> None:
        """Enter the unit long ago, bring its file as far as it has come, note duties and promises of the last days."""
        with clock.travel(_morning(MONTHS_AGO if made.until != "submitted" else DAYS_AGO)):
            unit = self._enter(made)
            self._keepers(unit)
            file = self._identify(unit)
            if made.until == "none":
                self._take("conclude", file, self.officer, **self._assessment())
            elif made.until != "identified":
                self._file(file, made)
        self._now(unit, made)

    def _enter(self, made: Made) -> Installation:
        unit = create(Installation, self.officer, {
            "enterprise": str(self.firm.row.pk), "name": made.name, "kind": made.kind, "boundary": made.boundary,
            "exposed_people": str(made.people), "counted_on": clock.today().isoformat(), "counted_how": "社区户籍和常住登记",
        })  # fmt: skip
        for name, quantity, vessel in made.held:
            asked = {"installation": str(unit.pk), "name": name, "design_max_t": quantity, "vessel": vessel}
            create(Inventory, self.officer, asked)
        return unit

    def _keepers(self, unit: Installation) -> None:
        phone, titles = f"0431-000{self.number:05d}", ("总经理", "生产技术部部长", "车间主任")
        for (layer, _), title in zip(LAYERS, titles, strict=True):
            name = self.firm.row.legal_representative if layer == "main" else person_name(self.random)
            create(HazardKeeper, self.officer, {
                "installation": str(unit.pk), "layer": layer, "person_name": name, "job_title": title, "duty_phone": phone,
                "since": clock.today().isoformat(),
            })  # fmt: skip

    def _identify(self, unit: Installation) -> HazardFile:
        entry = open_matter(HazardFileLoop, self.officer, {"installation": str(unit.pk)})
        return _file(entry.chain)

    def _assessment(self) -> dict[str, str]:
        return {
            "assessed_on": clock.today().isoformat(),
            "assessed_by": "own",
            "assessor": person_name(self.random),
        }

    def _file(self, file: HazardFile, made: Made) -> None:
        self._take("assess", file, self.officer, **self._assessment())
        if made.until == "late":
            return
        self._take("submit", file, self.owner)
        if made.until == "submitted":
            return
        number = f"BA{self.firm.row.territory.code[:6]}{self.number + 1:03d}"
        self._take("accept", file, self.bureau, filing_number=number)

    def _take(self, step: str, file: HazardFile, actor: Any, **data: str) -> None:
        take(step, _file(file.pk), actor, data)

    def _now(self, unit: Installation, made: Made) -> None:
        if made.until == "again":  # a tank was added since: the quantities now give another grade
            held = Inventory.unscoped("demonstration rows follow their own enterprise").filter(
                installation=unit
            )
            for row in held:
                edit(Inventory, row.pk, self.officer, {"design_max_t": "900"})
        self._duties(unit, late=made.until == "late")
        for back in range(PROMISED_DAYS, -1, -1):
            with clock.travel(_morning(back)):
                self._promise()

    def _duties(self, unit: Installation, *, late: bool) -> None:
        keepers = {
            one.layer: one
            for one in HazardKeeper.unscoped("demonstration rows follow their own enterprise").filter(
                installation=unit
            )
        }
        for back in (16, 9, 3) if not late else (30,):
            with clock.travel(_morning(back)):
                self._note(keepers["operation"], "oper_check", "查看罐体、阀门、可燃气体探测器，未见异常。")
        with clock.travel(_morning(18)):
            self._note(keepers["technical"], "tech_check", "组织季度专项排查，发现两项一般隐患，已登记整改。")

    def _note(self, keeper: HazardKeeper, duty: str, said: str) -> None:
        day = clock.today().isoformat()
        create(
            DutyRecord,
            self.officer,
            {"keeper": str(keeper.pk), "duty": duty, "done_on": day, "findings": said},
        )

    def _promise(self) -> None:
        create(SafetyCommitment, self.owner, {
            "enterprise": str(self.firm.row.pk), "day": clock.today().isoformat(),
            "units_running": str(self.random.randint(1, 4)),
            "hot_work_second": str(self.random.choice((0, 0, 1, 2))),
            "confined_spaces": str(self.random.choice((0, 0, 1))),
            "hazards_safe": "on", "measures_done": "on", "signed_by": self.firm.row.legal_representative,
        })  # fmt: skip


def _file(pk: Any) -> HazardFile:
    found: HazardFile = HazardFile.unscoped("demonstration rows follow their own enterprise").get(pk=pk)
    return found


def _morning(days_ago: int) -> datetime:
    day: date = (clock.now() - timedelta(days=days_ago)).astimezone(clock.CHINA).date()
    return min(datetime.combine(day, time(7, 30), clock.CHINA), clock.now())
