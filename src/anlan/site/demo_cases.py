"""The demonstration's penalty cases: a few dangers not put right, looked at again, each case taken as far as it has come.

Invented and marked so. The first come from a danger behind an alarm, so that the whole chain can be followed.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction

from anlan.domains.alarms.models import Alarm
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.demo import signature
from anlan.domains.inspections.loop import SiteVisitLoop
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.penalties.loop import PenaltyCaseLoop
from anlan.domains.penalties.models import PenaltyCase
from anlan.kernel import clock, evidence
from anlan.kernel.loops import open_matter, take
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.scope import Actor
from anlan.kernel.scope.who import enforcer
from anlan.site.demo_people import Cast

HEAD = "王敬轩"
# How far each case has come and how many days ago it was proposed; the first are for dangers behind an alarm, which are young.
RECENT = (("investigating", 0), ("proposed", 0))
OLDER = (("served", 16), ("closed", 45), ("notified", 9), ("hearing", 12), ("closed", 60), ("decided", 15))
FINES = ("30000", "20000", "45000", "15000")
OFFICERS_OF_A_CASE, MOST_READ = 2, 400
DAYS_TO_NOTICE, DAYS_TO_DECIDE, DAYS_TO_SERVE, DAYS_TO_PAY, DAYS_TO_CLOSE = 8, 4, 1, 8, 3


def make(seed: int) -> int:
    """Make the cases unless they are there; returns how many. A case the rules refuse is left out."""
    rows = PenaltyCase.unscoped("the demonstration reads its own cases")
    if rows.filter(is_demo=True).exists():
        return 0
    random = Random(f"{seed}/cases")  # noqa: S311 (a demonstration, not a secret)
    cast = Cast.read(random, clock.today())
    young, old = _found(cast)
    made = sum(_made(random, pairs, states) for pairs, states in ((young, RECENT), (old, OLDER)))
    return made


Pairs = list[tuple[HiddenDanger, list[Actor]]]


def _made(random: Random, pairs: Pairs, states: tuple[tuple[str, int], ...]) -> int:
    """Make one case for each state, of the first danger that stood open on its day; returns how many."""
    made, left = 0, list(pairs)
    for state, days_ago in states:
        day = clock.now() - timedelta(days=days_ago)
        fit = [pair for pair in left if not days_ago or _stood(pair[0], day)]
        for pair in fit:
            left.remove(pair)
            try:
                with transaction.atomic():
                    _Case(random, *pair).comes_to(state, days_ago)
            except KeepingError:
                continue
            made += 1
            break
    return made


def _stood(danger: HiddenDanger, day: datetime) -> bool:
    return danger.opened_at < day - timedelta(days=1) and (danger.closed_at is None or danger.closed_at > day)


def _found(cast: Cast) -> tuple[Pairs, Pairs]:
    """Return dangers whose department has two officers, one an enterprise: those behind an alarm, and old ones."""
    firms = set[Any]()
    young = _handled(cast, _behind_alarms(cast), firms)
    rows = HiddenDanger.unscoped("the demonstration reads its own dangers").filter(is_demo=True)
    old = rows.filter(severity="general").exclude(found_by__in=("self", "worker"))
    old = old.defer("search").order_by("-rectify_by", "pk")[:MOST_READ]
    return young, _handled(cast, old, firms)


def _behind_alarms(cast: Cast) -> list[HiddenDanger]:
    """Let the enterprises of a few alarms find the danger behind them, as the button on the alarm does."""
    alarms = Alarm.unscoped("the demonstration reads its own alarms").filter(
        is_demo=True, state="handling", danger=None
    )
    found: dict[Any, HiddenDanger] = {}
    for alarm in alarms.select_related("sensor", "enterprise").order_by("opened_at"):
        keepers = cast.of(alarm.holder_id, "safety_officer")
        if not keepers or alarm.holder_id in found or len(found) == len(RECENT):
            continue
        take("to_danger", alarm, cast.actor(keepers[0]), {"danger_description": "控制阀动作迟缓，多次越限"})
        dangers = HiddenDanger.unscoped("the demonstration reads its own dangers")
        found[alarm.holder_id] = dangers.get(parent_id=alarm.pk)
    return list(found.values())


def _handled(cast: Cast, rows: Any, firms: set[Any]) -> Pairs:
    found: Pairs = []
    for danger in rows:
        posts = cast.of(danger.regulator_id, *sorted(enforcer.kinds()))
        if danger.enterprise_id not in firms and len(posts) >= OFFICERS_OF_A_CASE:
            firms.add(danger.enterprise_id)
            found.append((danger, [cast.actor(post) for post in posts[:OFFICERS_OF_A_CASE]]))
    return found


class _Case:
    """Two officers and one case."""

    def __init__(self, random: Random, danger: HiddenDanger, officers: list[Actor]) -> None:
        self.random, self.danger = random, danger
        self.first, self.second = officers

    def comes_to(self, state: str, days_ago: int) -> None:
        """Look at the danger again, propose the case that day, and take it on day by day."""
        now, day = clock.now(), clock.today() - timedelta(days=days_ago)
        start = (
            max(datetime.combine(day, time(9, 30), clock.CHINA), self.danger.opened_at) if days_ago else now
        )
        with clock.travel(start) as travel:
            case = self._propose(self._visit())
            if state == "proposed":
                return
            travel.forward(timedelta(hours=3 if days_ago else 0))
            self._take(case, "approve", self.second, filed_by=HEAD)
            if state != "investigating":
                self._on(case, state, travel)

    def _on(self, case: PenaltyCase, state: str, travel: Any) -> None:
        fine, is_heard = self.random.choice(FINES), state == "hearing"
        travel.forward(timedelta(days=DAYS_TO_NOTICE))
        today = clock.today()
        self._take(
            case, "notify", self.first, findings="现场照片、询问笔录各一份，当事人对事实没有异议。", notified_yuan=fine,
            other_penalty="none", notified_on=today.isoformat(), hearing_right="yes" if is_heard else "no",
            hearing_grounds="罚款数额和处罚种类", respond_by=(today + timedelta(days=9 if is_heard else 3)).isoformat(),
        )  # fmt: skip
        if is_heard:
            travel.forward(timedelta(days=1))
            self._take(case, "ask_hearing", self.first)
        if state in ("hearing", "notified"):
            return
        travel.forward(timedelta(days=DAYS_TO_DECIDE))
        reasons = {"decision": "逾期未整改，没有造成后果，按一般情节处罚。", "decided_by": HEAD}
        self._take(case, "hear_out", self.first)
        self._take(case, "decide", self.first, decided_yuan=fine, **reasons)
        if state == "decided":
            return
        travel.forward(timedelta(days=DAYS_TO_SERVE))
        receipt = [self._picture(self.first)]
        served = {"served_on": clock.today().isoformat(), "service_way": "direct"}
        take("serve", self._fresh(case), self.first, served, evidence={"receipt": receipt})
        self._take(case, "publish", self.second, publication="区政府网站行政处罚公示栏")
        if state == "served":
            return
        travel.forward(timedelta(days=DAYS_TO_PAY))
        self._take(case, "pay", self.second, paid_on=clock.today().isoformat(), paid_yuan=fine)
        travel.forward(timedelta(days=DAYS_TO_CLOSE))
        self._take(case, "close", self.second, closing_note="罚款已缴清，案卷已归档。")

    def _visit(self) -> SiteVisit:
        asked = {
            "enterprise": str(self.danger.enterprise_id), "danger": str(self.danger.pk), "purpose": "follow_up",
            "summary": "现场查看，隐患没有按要求消除。",
        }  # fmt: skip
        entry = open_matter(SiteVisitLoop, self.first, asked, is_demo=True)
        return SiteVisit.unscoped("the demonstration reads what it made").get(pk=entry.chain)

    def _propose(self, visit: SiteVisit) -> PenaltyCase:
        carried = PenaltyCase.carried({"danger": self.danger})
        handled = {
            "first_officer": str(self.first.post_id), "first_certificate": "演示执法证001",
            "second_officer": str(self.second.post_id), "second_certificate": "演示执法证002", "no_conflict": "true",
        }  # fmt: skip
        asked = {
            "enterprise": str(visit.enterprise_id), "visit": str(visit.pk), "facts": carried["facts"],
            "act_on": visit.visited_on.isoformat(), "respondent_kind": "unit", "basis": "P102", **handled,
        }  # fmt: skip
        entry = open_matter(PenaltyCaseLoop, self.first, asked, is_demo=True)
        return PenaltyCase.unscoped("the demonstration reads what it made").get(pk=entry.chain)

    def _fresh(self, case: PenaltyCase) -> PenaltyCase:
        return PenaltyCase.unscoped("the demonstration reads what it made").get(pk=case.pk)

    def _take(self, case: PenaltyCase, step: str, by: Actor, **data: str) -> None:
        take(step, self._fresh(case), by, data)

    def _picture(self, by: Actor) -> Any:
        drawn = signature(self.random)
        return evidence.receive(
            [drawn], "receipt.png", "image/png", account_id=by.account_id, is_demo=True
        ).pk
