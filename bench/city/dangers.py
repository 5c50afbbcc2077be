"""The hidden dangers of the bench's city: the demonstration's stories, lived by ``Life`` and written by COPY."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

import psycopg

from anlan.domains.hidden_dangers import checks
from anlan.domains.hidden_dangers.demo import Act, Plan, Site, Year, planned
from anlan.domains.hidden_dangers.loop import HiddenDangerLoop, ListedSupervisionLoop
from anlan.domains.hidden_dangers.models import SHORT, criteria_for
from anlan.domains.hidden_dangers.words import GENERAL, MAJOR
from anlan.kernel import clock, rules
from anlan.kernel.loops.due import parameter_for
from anlan.kernel.registers.searching import vector_of
from bench.city.copying import copy
from bench.city.entries import COLUMNS, Desk
from bench.city.firms_read import Firm, Surroundings
from bench.city.life import COUNTRY, DUTY_COLUMNS, NOON, Life, applied, china_day, columns

BATCH = 4000
DANGERS, LISTINGS = "hidden_dangers_hiddendanger", "hidden_dangers_listedsupervision"
TABLES = (DANGERS, LISTINGS, "loops_duty", "ledger_entry")
FOUND_BY = {"grid_inspector": "grid", "worker": "worker", "safety_officer": "self", "main_person": "self"}
LIMITS = {GENERAL: "hidden_dangers.rectify_general_max", MAJOR: "hidden_dangers.rectify_major_max"}
WINDOW = "hidden_dangers.recurrence_window"


class Closed(NamedTuple):
    """A danger that has ended, as far as a later one may repeat it."""

    id: str
    number: str
    topic: str
    location: str
    found_on: date
    closed_at: datetime


class Refused(Exception):
    """The engine would refuse this act; its story ends here."""


@dataclass
class Numbers:
    """Numbers of matters and positions of entries, dealt out so that the processes never meet."""

    part: int
    parts: int
    dangers: int
    position: int
    opened: int = 0
    listed: int = 0

    def danger(self, at: datetime) -> str:
        """Return the number of the next hidden danger."""
        self.opened += 1
        return _number("YH", at, (self.opened - 1) * self.parts + self.part + 1)

    def listing(self, at: datetime) -> str:
        """Return the number of the next listed supervision."""
        self.listed += 1
        return _number("GP", at, self.dangers + (self.listed - 1) * self.parts + self.part + 1)

    def next_position(self) -> int:
        """Return the next place in the order of writing."""
        self.position += self.parts
        return self.position


@dataclass
class Story:
    """One danger as it goes on: its life, and that of the listed supervision it may have."""

    firm: Firm
    around: Surroundings
    random: Random
    numbers: Numbers
    danger: Life | None = None
    listing: Life | None = None

    def lives(self) -> Iterator[Life]:
        """Yield what has begun."""
        yield from (life for life in (self.danger, self.listing) if life is not None)

    def happens(self, act: Act, at: datetime) -> None:
        """Take one act; raises Refused where the engine would refuse it."""
        for life in self.lives():
            life.pass_time(at)
        if act.step == "open":
            self._open(act, at)
        elif act.on == "listing":
            self._on_listing(act, at)
        else:
            self._on_danger(act, at)

    # --- the danger ----------------------------------------------------------------------------------------------

    def _open(self, act: Act, at: datetime) -> None:
        firm, desk = self.firm, self._desk(act.role, self.firm.regulator)
        life = Life(HiddenDangerLoop, self.random, at, desk)
        row = life.row
        row.enterprise_id, row.holder_id, row.sector, row.path = firm.id, firm.party, firm.sector, firm.path
        row.territory_id, row.address = firm.territory, firm.address
        row.longitude, row.latitude, row.cell = firm.longitude, firm.latitude, firm.cell
        row.topic, row.description, row.location = (
            act.data[name] for name in ("topic", "description", "location")
        )
        row.found_on, row.found_by = act.data["found_on"], FOUND_BY.get(desk.kind, "government")
        row.criteria, row.regulator_id = criteria_for(firm.sector), firm.regulator
        row.number = self.numbers.danger(at)
        noted: dict[str, Any] = {"regulators": firm.regulators}
        if firm.vacuums:
            noted["vacuums"] = firm.vacuums
        applied_rules = self._note_recurrence(life, noted, at)
        said = {
            "enterprise": {"id": firm.id, "name": firm.name}, "topic": row.topic, "description": row.description,
            "found_on": row.found_on.isoformat(), "location": row.location, "longitude": None, "latitude": None,
        }  # fmt: skip
        life.open(desk, at, said, TOLD, noted, applied_rules)
        self.danger = life

    def _note_recurrence(self, life: Life, noted: dict[str, Any], at: datetime) -> list[dict[str, Any]]:
        row, since = life.row, life.row.found_on - _window(life.row.found_on)
        like = [
            one for one in self.firm.earlier
            if one.topic == row.topic and one.location == row.location and one.found_on >= since and one.closed_at < at
        ]  # fmt: skip
        if not like:
            return []
        before = max(like, key=lambda one: (one.found_on, one.id))
        row.recurs, row.earlier_id = True, before.id
        noted["recurs_after"] = before.number
        return [applied(WINDOW, china_day(at))]

    def _on_danger(self, act: Act, at: datetime) -> None:
        life = self.danger
        if life is None or not life.loop.steps[act.step].is_from(life.row.state):
            raise Refused
        desk = self._desk(act.role, life.row.regulator_id)
        answers, shown = self._answers(act)
        special = SPECIAL.get(act.step)
        if special is not None:
            special(self, life, desk, at, answers, shown)
            return
        self._limit(life, act.step, answers, at)
        if act.step == "accept" and self.listing is not None and self.listing.row.closed_at is None:
            raise Refused
        rules_of, reasons = self._rules(life, act.step, answers, at)
        life.take(
            act.step,
            desk,
            at,
            answers,
            rules=rules_of,
            reasons=reasons,
            shown=shown,
        )
        life.open_lines(act.step, at)
        if act.step == "grade_major":
            self._list(desk, at)

    def _answers(self, act: Act) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the answers by column, and how those look that are references."""
        answers, shown = dict(act.data), {}
        for name in ("funds_yuan", "cost_yuan"):
            if name in answers:
                answers[name] = Decimal(answers[name])
        if "responsible_post" in answers:
            post = self.firm.desks[answers.pop("responsible_post")]
            answers["responsible_post_id"] = post.post
            shown["responsible_post"] = {"id": post.post, "name": f"{self.firm.name} {post.title}"}
        return answers, shown

    def _limit(self, life: Life, step: str, answers: dict[str, Any], at: datetime) -> None:
        limit = answers.get("rectify_by")
        if limit is not None:
            key = LIMITS[MAJOR] if step == "plan" or life.row.severity == MAJOR else LIMITS[GENERAL]
            if not china_day(at) <= limit <= _latest(key, china_day(at)):
                raise Refused

    def _rules(
        self, life: Life, step: str, answers: dict[str, Any], at: datetime
    ) -> tuple[list[dict[str, Any]], list[Any]]:
        found: list[dict[str, Any]] = []
        reasons: list[Any] = []
        if step in GRADED:
            graded, reasons = _graded(life.row, answers, GRADED[step])
            found += graded
        if step in {"grade", "plan", "check_fails", "reject", "reopen"}:
            key = LIMITS[MAJOR] if step == "plan" or life.row.severity == MAJOR else LIMITS[GENERAL]
            found.append(applied(key, china_day(at)))
        return found, reasons

    def _transfer(
        self, life: Life, desk: Desk, at: datetime, answers: dict[str, Any], shown: dict[str, Any]
    ) -> None:  # fmt: skip
        office = self.firm.township if answers["new_regulator"] == "township" else self.around.city_bureau
        former = life.row.regulator_id
        if office is None or office.id == former:
            raise Refused

        def effect(one: Life) -> None:
            one.row.regulator_id = office.id
            one.row.sector = office.sector or one.row.sector
            one.readdress(at)
            one.follow()

        said = {"new_regulator": {"id": office.id, "name": office.name}}
        life.take("transfer", desk, at, {"new_regulator": None, "reason": answers["reason"]}, shown=said, effect=effect,
                  noted={"former_regulator": former or ""})  # fmt: skip

    def _extend(
        self, life: Life, desk: Desk, at: datetime, answers: dict[str, Any], shown: dict[str, Any]
    ) -> None:  # fmt: skip
        limit, until, day = life.row.rectify_by, answers["until"], china_day(at)
        if not (limit < until <= limit + timedelta(days=EXTENSION.most(day)) and until >= day):
            raise Refused
        detail = {"until": until.isoformat(), "reason": answers["reason"]}
        found = [applied(EXTENSION.verb.times, day), applied(EXTENSION.verb.most, day)]

        def effect(one: Life) -> None:
            one.ask("extend", EXTENSION.verb.approved_by, EXTENSION.verb.decide, detail, at)

        life.take("extend", desk, at, answers, rules=found, effect=effect)

    def _extend_grant(
        self, life: Life, desk: Desk, at: datetime, answers: dict[str, Any], shown: dict[str, Any]
    ) -> None:  # fmt: skip
        request = self._request(life)
        former, until = life.row.rectify_by, date.fromisoformat(request["detail"]["until"])

        def effect(one: Life) -> None:
            one.row.rectify_by = until
            one.row.extensions += 1

        life.take("extend_grant", desk, at, answers, effect=effect, renews=True,
                  noted={"until": until.isoformat(), "former": str(former)})  # fmt: skip

    def _extend_refuse(
        self, life: Life, desk: Desk, at: datetime, answers: dict[str, Any], shown: dict[str, Any]
    ) -> None:  # fmt: skip
        self._request(life)
        life.take("extend_refuse", desk, at, answers, effect=lambda one: one.answered("extend", at))

    @staticmethod
    def _request(life: Life) -> dict[str, Any]:
        found = [duty for duty in life.still_open() if duty["key"] == "request:extend" and duty["leads"]]
        if not found:
            raise Refused
        return found[0]

    # --- its listed supervision ------------------------------------------------------------------------------------

    def _list(self, desk: Desk, at: datetime) -> None:
        danger = self.danger
        assert danger is not None
        life = Life(ListedSupervisionLoop, self.random, at, desk)
        row, of = life.row, danger.row
        for name in ("holder_id", "sector", "sensitivity", "regulator_id", "path", "territory_id", "longitude", "latitude",
                     "address", "cell"):  # fmt: skip
            setattr(row, name, getattr(of, name))
        row.danger_id, row.parent_loop, row.parent_id = of.id, "hidden-dangers", of.id
        row.number = self.numbers.listing(at)
        said = {"danger": {"id": of.id, "name": f"{of.number} {_title(of.description)}"}}
        life.open(desk, at, said, frozenset({"danger_id"}), {}, [])
        self.listing = life

    def _on_listing(self, act: Act, at: datetime) -> None:
        life = self.listing
        if life is None or not life.loop.steps[act.step].is_from(life.row.state):
            return  # as the demonstration has it: a listing that stands still keeps the danger going
        desk = self._desk(act.role, life.row.regulator_id)
        level = act.data.get("level", {"decline": "county", "delist": life.row.level}.get(act.step))
        if level and level not in checks.LISTED_BY.get(self.around.level_of(desk.party), ()):
            return
        if act.step == "delist" and any(duty["key"] == "line:publish_listing" for duty in life.still_open()):
            return
        if act.step == "list_it" and act.data["limit"] < china_day(at):
            return
        life.take(act.step, desk, at, dict(act.data))
        life.open_lines(act.step, at)

    def _desk(self, role: str, regulator: str | None) -> Desk:
        if role.startswith("regulator"):
            desks = self.around.officers.get(regulator or "", [])
            if not desks:
                raise Refused
            return desks[-1 if role == "regulator_2" else 0]
        if role == "city":
            return self.around.officers[self.around.city_bureau.id][0]
        if role == "township_officer":
            return self.around.officers[self.firm.township.id][0]
        if role == "grid_inspector" and self.firm.inspector is not None:
            return self.firm.inspector
        return self.firm.desks[role]


SPECIAL = {
    "transfer": Story._transfer, "extend": Story._extend, "extend_grant": Story._extend_grant,
    "extend_refuse": Story._extend_refuse,
}  # fmt: skip
GRADED = {"grade": GENERAL, "fix_at_once": GENERAL, "self_fix_at_once": GENERAL, "grade_major": MAJOR}
# What the answers of the opening tell of the row; the point is taken from the enterprise and so told by the row itself.
TOLD = frozenset({"enterprise_id", "topic", "description", "found_on", "location"})


class _Extension:
    """The verb by which more time is asked for, and how much one extension gives."""

    verb: Any = next(verb for verb in HiddenDangerLoop.verbs if hasattr(verb, "moves"))

    @cache  # noqa: B019 (one instance, as long as the process)
    def most(self, day: date) -> int:
        """Return the days that one extension may give."""
        return int(parameter_for(self.verb.most, COUNTRY, datetime.combine(day, NOON)).value)


EXTENSION = _Extension()


@cache
def _window(day: date) -> timedelta:
    length = parameter_for(WINDOW, COUNTRY, datetime.combine(day, NOON)).duration()
    last = rules.due(day, length).due_date
    return last - day if last else timedelta(0)


@cache
def _latest(key: str, day: date) -> date:
    last = rules.due(day, parameter_for(key, COUNTRY, datetime.combine(day, NOON)).duration()).due_date
    return last or date.max


def _graded(row: Any, answers: dict[str, Any], grade: str) -> tuple[list[dict[str, Any]], list[Any]]:
    facts = tuple(answers.get(name, getattr(row, name)) for name in (
        "criteria", "criterion", "needs_stop", "removable_at_once", "outside_factors"
    ))  # fmt: skip
    return _graded_once(row.found_on, facts, grade)


@cache
def _graded_once(
    found_on: date, facts: tuple[Any, ...], grade: str
) -> tuple[list[dict[str, Any]], list[Any]]:
    names = ("criteria", "criterion", "needs_stop", "removable_at_once", "outside_factors")
    row = SimpleNamespace(found_on=found_on, **dict(zip(names, facts, strict=True)))
    check = checks.grade_is_major if grade == MAJOR else checks.at_once_is_general
    verdict = check(SimpleNamespace(row=row, values={}))  # type: ignore[arg-type]
    if verdict.faults:
        raise Refused
    return [dict(rule) for rule in verdict.rules], [words.both() for words in verdict.reasons]


def _number(prefix: str, at: datetime, value: int) -> str:
    return f"{prefix}-{at.astimezone(clock.CHINA).year}-{value:06d}"


def _title(text: str) -> str:
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


def search_words(row: Any, holder: str, place: str) -> str:
    """Return the vector of the words by which a danger or its listing is found."""
    own = (row.description, row.location) if hasattr(row, "description") else (row.requirements,)
    return vector_of(" ".join(part for part in (row.number, *own, holder, place) if part))


@dataclass
class Batch:
    """Lines waiting to be written, by table."""

    numbers: Numbers
    rows: dict[str, list[list[Any]]] = field(default_factory=lambda: {table: [] for table in TABLES})
    entries: list[tuple[datetime, list[Any]]] = field(default_factory=list)
    written: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))

    def add(self, story: Story) -> None:
        """Take up the rows of a story."""
        for life in story.lives():
            table = DANGERS if life is story.danger else LISTINGS
            self.rows[table].append(life.row_line(search_words(life.row, story.firm.name, story.firm.place)))
            self.rows["loops_duty"] += life.duty_lines()
            self.entries += life.chain.rows

    def write(self, to: psycopg.Connection[Any]) -> None:
        """Write everything, the ledger nearly in the order of time as a city writes it."""
        self.entries.sort(key=lambda entry: entry[0])
        ledger = ([*row, self.numbers.next_position()] for _, row in self.entries)
        heads = {
            DANGERS: columns(HiddenDangerLoop.model), LISTINGS: columns(ListedSupervisionLoop.model),
            "loops_duty": DUTY_COLUMNS,
        }  # fmt: skip
        for table, names in heads.items():
            self.written[table] += copy(to, table, names, self.rows[table])
            self.rows[table] = []
        self.written["ledger_entry"] += copy(to, "ledger_entry", COLUMNS, ledger)
        self.entries = []


def live(
    to: psycopg.Connection[Any], firms: Sequence[Firm], around: Surroundings, random: Random, year: Year,
    numbers: Numbers, count: int,
) -> dict[str, int]:  # fmt: skip
    """Let ``count`` dangers happen at some enterprises and write them; returns how many rows of each table."""
    sites = [Site(place, firm.industry, firm.flags, firm.weight) for place, firm in enumerate(firms)]
    batch, until = Batch(numbers), year.last.astimezone(UTC)
    for number, plan in enumerate(planned(random, sites, year, count)):
        story = Story(firms[plan.site], around, random, numbers)
        tell(story, plan, until)
        batch.add(story)
        if number % BATCH == BATCH - 1:
            batch.write(to)
    batch.write(to)
    return batch.written


def tell(story: Story, plan: Plan, until: datetime) -> None:
    """Let a story happen up to a moment, and remember it at its enterprise once it is closed."""
    tell_acts(story, plan.acts, until)


def tell_acts(story: Story, acts: Sequence[Act], until: datetime) -> None:
    """Let some acts of a story happen, and time pass up to a moment."""
    for act in acts:
        at = act.at.astimezone(UTC)
        if at > until:
            break
        try:
            story.happens(act, at)
        except Refused:
            break
    for life in story.lives():
        life.pass_time(until)
    danger = story.danger
    if danger is not None and danger.row.closed_at is None:
        story.firm.open += 1
    if danger is not None and danger.row.state == "closed":
        row = danger.row
        story.firm.earlier.append(
            Closed(row.id, row.number, row.topic, row.location, row.found_on, row.closed_at)
        )
