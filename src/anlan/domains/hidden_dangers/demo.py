"""Demonstration hidden dangers: a year of them as plans, from one seed; the same seed gives the same year.

Topics and their frequencies follow what enterprises really reported (distribution only, in ``demo_findings.yaml``).
A plan is a list of acts with their times; what lies after the present is never done, so that every state, the late
ones too, comes about by itself. Pure: it makes values, the composition takes the steps through the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import yaml

from anlan.kernel.clock import CHINA

MONTHS = (7, 5, 8, 9, 10, 16, 10, 8, 9, 8, 9, 9)  # June is the month of work safety
FIRST_HOUR, LAST_HOUR = 8, 17
MAJOR_SHARE = 0.03
RECENT, MORE_RECENT = timedelta(days=30), 2  # what was found lately is more, because much of it still runs
STALLING = timedelta(days=45)  # of what was found in this time, some has come to a standstill
PUBLIC_SECTIONS = ("52", "61", "62", "70", "78", "83", "84", "85", "90")
CONSTRUCTION_SECTIONS = ("47", "48", "49", "50")


@dataclass(frozen=True, slots=True)
class Site:
    """What a plan must know of an enterprise: its place in the list, industry, flags, and how busy it is."""

    index: int
    industry: str
    flags: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class Act:
    """One act: when, what (``open`` or a step), in which role, with which answers; a photo's purpose if one is needed.

    ``on`` is ``danger`` or ``listing`` (the listed supervision that a major danger opens).
    """

    at: datetime
    step: str
    role: str
    data: dict[str, Any] = field(default_factory=dict)
    photo: str = ""
    on: str = "danger"


@dataclass(frozen=True, slots=True)
class Plan:
    """One danger from its discovery on. ``scene`` chooses the picture."""

    site: int
    scene: str
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """The span to fill: from the first day to the last moment, and which days are working days."""

    first: date
    last: datetime
    is_working: Callable[[date], bool]

    def moment(self, random: Random, day: date) -> datetime:
        """Return a moment in working hours of the day, or of the next working day."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return datetime.combine(
            day, time(random.randint(FIRST_HOUR, LAST_HOUR - 1), random.randint(0, 59)), CHINA
        )

    def later(self, random: Random, at: datetime, low: float, high: float) -> datetime:
        """Return a moment in working hours some days later; less than a day stays within the working day."""
        days = random.uniform(low, high)
        if days < 1:
            end = datetime.combine(at.date(), time(LAST_HOUR + 1), CHINA)
            return min(at + timedelta(hours=max(0.2, days * 9)), max(end, at + timedelta(minutes=10)))
        return self.moment(random, (at + timedelta(days=days)).date())


@lru_cache(maxsize=1)
def book() -> dict[str, Any]:
    """Return the findings, places and major dangers."""
    read: dict[str, Any] = yaml.safe_load(
        (Path(__file__).parent / "demo_findings.yaml").read_text(encoding="utf-8")
    )
    return read


def plans(random: Random, sites: Sequence[Site], year: Year, count: int) -> list[Plan]:
    """Return ``count`` plans in the order of their discovery."""
    return list(planned(random, sites, year, count))


def planned(random: Random, sites: Sequence[Site], year: Year, count: int) -> Iterator[Plan]:
    """Yield ``count`` plans in the order of their discovery, one at a time: a large city's do not fit into memory."""
    places: dict[int, list[tuple[str, str, str]]] = {}
    shares = list(accumulate(one.weight for one in sites))
    for at in sorted(_discoveries(random, year, count)):
        site = random.choices(sites, cum_weights=shares)[0]
        yield _plan(random, site, year, at, places.setdefault(site.index, []))


def kind_of(industry: str) -> str:
    """Return what an enterprise is for the choice of findings and places."""
    if industry[:2] in CONSTRUCTION_SECTIONS:
        return "construction"
    return "public" if industry[:2] in PUBLIC_SECTIONS else "industrial"


def _discoveries(random: Random, year: Year, count: int) -> list[datetime]:
    days = [year.first + timedelta(days=n) for n in range((year.last.date() - year.first).days + 1)]
    open_days = [day for day in days if year.is_working(day)]
    recent = year.last.date() - RECENT
    weights = [MONTHS[day.month - 1] * (MORE_RECENT if day > recent else 1) for day in open_days]
    found = [year.moment(random, day) for day in random.choices(open_days, weights, k=count)]
    return [min(at, year.last) for at in found]


def _plan(random: Random, site: Site, year: Year, at: datetime, places: list[tuple[str, str, str]]) -> Plan:
    major = random.random() < MAJOR_SHARE
    topic, finding, fix, group = _major_finding(random, site) if major else _finding(random, site)
    spot, location = _location(random, site, topic, finding.get("at", ""), places)
    text = finding["zh"]
    said = text.replace("{spot}", spot) if "{spot}" in text or "at" in finding else f"{location}：{text}"
    opening = {
        "topic": topic,
        "description": said,
        "location": location,
        "found_on": at.astimezone(CHINA).date(),
    }
    story = _Story(random, year, at, fix, group)
    usual = random.choices((story.self_managed, story.governed), (7, 3))[0]
    acts = story.major(opening) if major else usual(opening)
    if year.last - at < STALLING and random.random() < 0.2:
        acts = acts[: random.randint(1, len(acts))]
    return Plan(site.index, group["key"], tuple(acts))


def _finding(random: Random, site: Site) -> tuple[str, dict[str, str], str, dict[str, Any]]:
    kind = kind_of(site.industry)
    groups = [
        g for g in book()["topics"] if g["fits"] in ("any", kind) or (g["fits"] == "gas" and kind == "public")
    ]
    group = random.choices(groups, [g["weight"] for g in groups])[0]
    findings = group["findings"]
    finding = random.choices(findings, [1 / (n + 1) for n in range(len(findings))])[0]
    return group["topic"], finding, group["fix"]["zh"], group


def _major_finding(random: Random, site: Site) -> tuple[str, dict[str, str], str, dict[str, Any]]:
    fitting = [m for m in book()["majors"] if m["flag"] in site.flags] or [
        m for m in book()["majors"] if not m["flag"]
    ]
    major = random.choice(fitting)
    facts = (
        {"criteria": major["criteria"], "criterion": major["criterion"]}
        if major["criterion"]
        else {"criteria": major["criteria"], "needs_stop": True, "removable_at_once": False}
    )
    group = {"key": major["topic"], "days": (20, 60), "cost": (20_000, 300_000), "facts": facts}
    return major["topic"], {"zh": major["zh"]}, "停用相关设备，按方案改造，评估合格后恢复", group


def _location(
    random: Random, site: Site, topic: str, own: str, places: list[tuple[str, str, str]]
) -> tuple[str, str]:
    """Return a place and its side; now and then that of an earlier finding of the topic: a recurrence."""
    earlier = [(spot, place) for was, spot, place in places if was == topic]
    if earlier and random.random() < 0.12:
        return random.choice(earlier)
    spot = (
        f"{random.randint(1, 4)}号{own}"
        if own
        else random.choice(book()["spots"][kind_of(site.industry)])["zh"]
    )
    place = spot if own else f"{spot}{random.choice(book()['sides'])['zh']}"
    places.append((topic, spot, place))
    return spot, place


class _Story:
    """How one danger goes on. Every method returns the acts from the discovery to the end."""

    def __init__(self, random: Random, year: Year, at: datetime, fix: str, group: dict[str, Any]) -> None:
        self.random, self.year, self.at, self.fix, self.group = random, year, at, fix, group
        self.acts: list[Act] = []

    def act(
        self, step: str, role: str, data: dict[str, Any] | None = None, photo: str = "", on: str = "danger"
    ) -> None:
        self.acts.append(Act(self.at, step, role, data or {}, photo, on))

    def wait(self, low: float, high: float) -> None:
        self.at = self.year.later(self.random, self.at, low, high)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def cost(self) -> str:
        low, high = self.group["cost"]
        return str(self.random.randint(low, high) // 10 * 10)

    def day(self, days: int) -> date:
        return self.at.astimezone(CHINA).date() + timedelta(days=days)

    def self_managed(self, opening: dict[str, Any]) -> list[Act]:
        """Found by the enterprise or a worker, closed by the enterprise."""
        finder = self.random.choices(("safety_officer", "worker", "main_person"), (80, 16, 4))[0]
        self.act("open", finder, opening, "before" if self.chance(0.8) else "")
        if finder != "worker" and self.chance(0.012):
            self.wait(0.1, 0.9)
            self.act("withdraw", finder, {"reason": "重复上报"})
            return self.acts
        if self.chance(0.6):
            self.wait(0.05, 0.7)
            self.act(
                "self_fix_at_once",
                "safety_officer",
                {"what_was_done": self.fix, "cost_yuan": self.cost()},
                "after",
            )
        else:
            self._graded("safety_officer")
            self._rectified("self_rectify", "safety_officer")
        self.wait(*self.random.choices(((0.1, 0.9), (1, 3), (4, 9)), (55, 38, 7))[0])
        if self.chance(0.04):
            again: dict[str, Any] = {
                "rectify_by": self.day(self.random.randint(4, 12)),
                "reason": "整改不到位，仍可见原问题",
            }
            self.act("check_fails", "main_person", again)
            self._rectified("self_rectify", "safety_officer", (again["rectify_by"] - self.at.date()).days)
            self.wait(0.1, 3)
        self.act("check", "main_person", photo="verified" if self.chance(0.3) else "")
        return self.acts

    def governed(self, opening: dict[str, Any]) -> list[Act]:
        """Found by an officer or a grid inspector, re-inspected by the regulator."""
        finder = self.random.choices(("regulator", "township_officer", "grid_inspector"), (45, 25, 30))[0]
        self.act("open", finder, opening, "before" if self.chance(0.8) else "")
        if self.chance(0.25):
            self.wait(0.05, 0.6)
            self.act(
                "fix_at_once",
                "safety_officer",
                {"what_was_done": self.fix, "cost_yuan": self.cost()},
                "after",
            )
        else:
            self._graded("regulator" if finder != "regulator" else "regulator_2")
            if finder == "township_officer" and self.chance(0.4):
                self.wait(0.1, 1)
                self.act(
                    "transfer", "regulator", {"new_regulator": "township", "reason": "由属地街道跟踪整改"}
                )
            self._rectified("rectify", "safety_officer")
        self._reviewed("rectify")
        return self.acts

    def major(self, opening: dict[str, Any]) -> list[Act]:
        """A major danger: double report, plan with the five implements, listed supervision, delisting."""
        found_by_government = self.chance(0.6)
        self.act("open", "regulator" if found_by_government else "safety_officer", opening, "before")
        self.wait(0.1, 1)
        self.act(
            "grade_major", "regulator" if found_by_government else "safety_officer", dict(self.group["facts"])
        )
        self.wait(0.2, 0.9)
        report = {"report": "现状、原因、危害程度和整改难易程度已书面说明，治理方案随后报送。"}
        self.act("tell_regulator", "main_person", report)
        self.wait(*((0.05, 0.3) if self.chance(0.85) else (2, 4)))
        self.act("tell_congress", "main_person", report)
        self.wait(0.5, 4)
        days = self.random.randint(*self.group["days"])
        limit = self.day(days)
        self.act("plan", "main_person", self._five_implements(limit))
        self._listed(limit)
        self._rectified_major(days)
        return self.acts

    def _five_implements(self, limit: date) -> dict[str, Any]:
        return {
            "goal": "消除重大隐患，恢复本质安全条件",
            "responsible_post": "safety_officer",
            "measures": self.fix,
            "funds_yuan": self.cost(),
            "rectify_by": limit,
            "emergency_plan": "整改期间停用相关区域，专人值守，备足应急物资。",
        }

    def _listed(self, limit: date) -> None:
        self.wait(0.3, 2)
        if self.chance(0.25):
            self.act("decline", "regulator", {"reason": "企业已停产整改，按一般程序跟踪"}, on="listing")
            self.listed = False
            return
        asked = {
            "level": self.random.choices(("county", "city"), (4, 1))[0],
            "requirements": "按方案限期完成治理，每周报告进度。",
        }
        lister = "city" if asked["level"] == "city" else "regulator"
        self.act("list_it", lister, {**asked, "limit": limit}, on="listing")
        self.listed = True
        self.wait(0.5, 3)
        self.act("publish", "regulator", {"publication": "区政府网站 安全生产专栏"}, on="listing")

    def _rectified_major(self, days: int) -> None:
        start = self.at
        self.at = self.year.later(self.random, start, days * 0.3, days * 0.5)
        if self.listed:
            self.act("follow", "regulator", {"reason": "现场跟踪：改造进度符合方案"}, on="listing")
        self.at = self.year.later(self.random, start, days * 0.55, days * (0.9 if self.chance(0.75) else 1.4))
        done = {
            "what_was_done": self.fix,
            "evaluation": "经评估，隐患已消除，治理效果符合要求。",
            "cost_yuan": self.cost(),
        }
        self.act("apply_review", "main_person", done, "after")
        if self.listed:
            self.wait(0.2, 1)
            self.act("apply_delisting", "main_person", {"evaluation": done["evaluation"]}, on="listing")
            self.wait(1, 4)
            self.act("delist", "regulator", {"findings": "现场核查，治理完成"}, "verified", on="listing")
            self.wait(0.2, 2)
            published = {"delisting_publication": "区政府网站 安全生产专栏"}
            self.act("publish_delisting", "regulator", published, on="listing")
        self.wait(0.3, 3)
        self.act("accept", "regulator", photo="verified")

    def _graded(self, role: str) -> None:
        self.wait(*self.random.choices(((0.05, 0.8), (1, 2), (4, 7)), (62, 32, 6))[0])
        self.limit = self.random.randint(*self.group["days"]) + 2
        self.act("grade", role, {
            "rectify_by": self.day(self.limit), "measures": self.fix, "responsible_post": "safety_officer",
            "funds_yuan": self.cost(),
        })  # fmt: skip

    def _rectified(self, step: str, role: str, limit: int | None = None) -> None:
        """The work itself: mostly in time, some late, some with an extension, a few never."""
        limit = self.limit if limit is None else limit
        start = self.at
        if limit >= 5 and self.chance(0.09):
            self._extended(start, limit)
            start, limit = self.at, max(2, limit)
        share = self.random.random()
        low, high = (0.1, 0.85) if share < 0.86 else (1.05, 1.9)
        if share > 0.985:
            low, high = 12, 30
        self.at = max(self.year.later(self.random, start, limit * low, limit * high), self.at)
        done = {"what_was_done": self.fix, "cost_yuan": self.cost()}
        self.act(step, role, done, "after")

    def _extended(self, start: datetime, limit: int) -> None:
        self.at = self.year.later(self.random, start, limit * 0.4, limit * 0.7)
        until = start.astimezone(CHINA).date() + timedelta(days=limit + self.random.randint(5, 20))
        self.act("extend", "safety_officer", {"until": until, "reason": "配件采购周期较长"})
        self.wait(0.3, 2)
        granted = self.chance(0.8)
        self.act(
            "extend_grant" if granted else "extend_refuse",
            "regulator",
            {} if granted else {"reason": "可先采取临时措施"},
        )

    def _reviewed(self, step: str) -> None:
        self.wait(*self.random.choices(((0.5, 2), (2, 6), (8, 14)), (45, 47, 8))[0])
        if self.chance(0.08):
            again: dict[str, Any] = {
                "rectify_by": self.day(self.random.randint(4, 14)),
                "reason": "复查发现措施未落实到位",
            }
            self.act("reject", "regulator", again, "rejected" if self.chance(0.5) else "")
            self._rectified(step, "safety_officer", (again["rectify_by"] - self.at.date()).days)
            self.wait(0.5, 5)
        self.act("accept", "regulator", photo="verified")
        if self.chance(0.006):
            self.wait(5, 30)
            again = {"rectify_by": self.day(10), "reason": "群众反映问题反弹"}
            self.act("reopen", "regulator", again)
            self._rectified(step, "safety_officer", 10)
            self.wait(0.5, 4)
            self.act("accept", "regulator", photo="verified")
