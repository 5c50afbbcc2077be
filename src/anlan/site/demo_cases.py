"""The demonstration's penalty cases: a few dangers not put right, looked at again, each case taken as far as it has come.

Invented and marked so. The first come from a danger behind an alarm, so that the whole chain can be followed.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction

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
# How far each case has come: the steps taken, and how many days ago it was proposed.
CASES = (
    ("served", 16), ("investigating", 12), ("closed", 45), ("notified", 14), ("proposed", 2), ("hearing", 20), ("closed", 60),
    ("decided", 15),
)  # fmt: skip
FINES = ("30000", "20000", "45000", "15000")
OFFICERS_OF_A_CASE = 2
DAYS_TO_NOTICE, DAYS_TO_DECIDE, DAYS_TO_SERVE, DAYS_TO_PAY, DAYS_TO_CLOSE = 8, 4, 1, 8, 3


def make(seed: int) -> int:
    """Make the cases unless they are there; returns how many. A case the rules refuse is left out."""
    rows = PenaltyCase.unscoped("the demonstration reads its own cases")
    if rows.filter(is_demo=True).exists():
        return 0
    random = Random(f"{seed}/cases")  # noqa: S311 (a demonstration, not a secret)
    cast = Cast.read(random, clock.today())
    made = 0
    for danger, officers in _found(cast):
        try:
            with transaction.atomic():
                _Case(random, danger, officers).comes_to(*CASES[made])
        except KeepingError:
            continue
        made += 1
        if made == len(CASES):
            break
    return made


def _found(cast: Cast) -> list[tuple[HiddenDanger, list[Actor]]]:
    """Return dangers whose department has two officers: those behind an alarm first, then late ones, one an enterprise."""
    oldest = clock.now() - timedelta(days=max(days for _, days in CASES) + 2)
    rows = (
        HiddenDanger.unscoped("the demonstration reads its own dangers").filter(is_demo=True).defer("search")
    )
    behind_alarms = rows.filter(parent_loop="alarms").order_by("opened_at")[:2]
    others = rows.filter(opened_at__lt=oldest, severity="general").exclude(found_by__in=("self", "worker"))
    candidates = [*behind_alarms, *others.order_by("-rework", "-opened_at", "pk")[:60]]
    found, firms = [], set[Any]()
    for danger in candidates:
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
        day = clock.today() - timedelta(days=days_ago)
        opened = self.danger.opened_at.astimezone(clock.CHINA)
        start = max(datetime.combine(day, time(9, 30), clock.CHINA), opened + timedelta(minutes=10))
        with clock.travel(start) as travel:
            case = self._propose(self._visit())
            if state == "proposed":
                return
            travel.forward(timedelta(hours=3))
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
