"""Kernel verbs: what every loop may do without declaring it anew.

Extend (ask, grant, refuse), transfer, suspend and resume (the clock stops), correct, withdraw, reopen, comment, attach.
A verb yields ordinary steps, so authority, idempotency, ledger and pages are those of every step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime
from typing import Any

from anlan.kernel import clock, evidence, ledger
from anlan.kernel.loops import duties
from anlan.kernel.loops.around import open_children
from anlan.kernel.loops.declaration import REASON, Ask, Need, State, Step, Verdict
from anlan.kernel.loops.due import DueBy, end_of, parameter_for
from anlan.kernel.loops.taking import Taking
from anlan.kernel.scope.models import Party
from anlan.kernel.scope.who import Anyone, Opener, Who
from anlan.kernel.words import Words

EXTEND, TRANSFER, SUSPEND, RESUME = "extend", "transfer", "suspend", "resume"
UNTIL = Ask("until", Words("申请延至", "Extend until"), kind="date")
NEW_REGULATOR = Ask("new_regulator", Words("移交给", "Transfer to"), kind="party")
ANYONE = Anyone()
TEXT = Ask("text", Words("内容", "Text"))


class Verb:
    """A kernel verb; yields the steps it stands for."""

    def steps(self) -> list[Step]:
        """Return its steps."""
        raise AssertionError("a verb has steps")


def _named(step: Step, name: str) -> Step:
    object.__setattr__(step, "name", name)
    return step


@dataclass(frozen=True)
class extend(Verb):
    """Ask for more time in a state; somebody else grants or refuses. ``moves`` is the date field that carries the limit.

    ``times`` (rule): how often; ``most`` (rule): the longest single extension; ``decide`` (rule): time to decide.
    """

    of: State
    moves: str
    asked_by: Who
    approved_by: Who
    times: str
    most: str
    decide: DueBy

    def steps(self) -> list[Step]:
        return [
            _named(Step("申请延期", "Ask for more time", self.of, None, self.asked_by, asks=[UNTIL, REASON], check=self._may_ask,
                        effect=self._ask, verb=EXTEND, when=lambda row: not _has_request(row)), "extend"),
            _named(Step("同意延期", "Grant the extension", self.of, None, self.approved_by, unlike=["extend"],
                        effect=self._grant, verb=EXTEND, when=_has_request, main=True), "extend_grant"),
            _named(Step("不同意延期", "Refuse the extension", self.of, None, self.approved_by, asks=[REASON], unlike=["extend"],
                        effect=self._refuse, verb=EXTEND, when=_has_request), "extend_refuse"),
        ]  # fmt: skip

    def _may_ask(self, taking: Taking) -> Verdict:
        row, until = taking.row, taking.values["until"]
        times = parameter_for(self.times, row, taking.at)
        most = parameter_for(self.most, row, taking.at)
        limit: Day | None = getattr(row, self.moves)
        faults: dict[str, list[Words]] = {}
        granted = ledger.LedgerEntry.objects.filter(chain=row.pk, act="extend_grant").count()
        if granted >= int(times.value):
            faults[""] = [
                Words("延期次数已用完（最多{n}次）。", "No extension is left (at most {n}).").filled(
                    n=times.value
                )
            ]
        if until < taking.at.astimezone(clock.CHINA).date():
            faults["until"] = [Words("不能早于今天。", "It cannot lie before today.")]
        elif limit is not None and until <= limit:
            faults["until"] = [
                Words("应晚于现在的期限 {day}。", "Must be later than the present limit, {day}.").filled(
                    day=limit
                )
            ]
        elif limit is not None and end_of(until) > _latest(limit, most):
            words = Words("一次最多延长{n}。", "At most {n_en} at a time.")
            faults["until"] = [words.filled(n=most.duration().zh, n_en=most.duration().en)]
        return Verdict(faults, [times.stored(), most.stored()])

    def _ask(self, taking: Taking) -> None:
        deadline = self.decide.deadline(taking.row, taking.at)
        detail = {"until": taking.values["until"].isoformat(), "reason": taking.values["reason"]}
        taking.opened += duties.open_request(
            taking.loop, taking.row, EXTEND, self.approved_by, deadline, detail, taking.at
        )

    def _grant(self, taking: Taking) -> None:
        request = duties.request_of(taking.row, EXTEND)
        until = Day.fromisoformat(request.detail["until"]) if request else clock.today()
        taking.noted.update(until=until.isoformat(), former=str(getattr(taking.row, self.moves)))
        setattr(taking.row, self.moves, until)
        taking.row.extensions += 1
        taking.renew_duties = True

    def _refuse(self, taking: Taking) -> None:
        duties.close(taking.row, taking.at, key=f"request:{EXTEND}")


def _latest(limit: Day, most: Any) -> datetime:
    from anlan.kernel import rules

    return rules.due(limit, most.duration()).due


def _has_request(row: Any) -> bool:
    return f"{duties.REQUEST}:{EXTEND}" in row.around.open_keys


@dataclass(frozen=True)
class transfer(Verb):
    """Hand the matter to another department; ``within`` says how far: the present regulator's county or city.

    What was opened by the matter and is before the same department goes along, as a transfer of its own; what another department
    took up (a listing by the city) stays there, and the entry says so.
    """

    by: Who
    within: str = "county"

    def steps(self) -> list[Step]:
        step = Step("移交", "Transfer", None, None, self.by, asks=[NEW_REGULATOR, REASON], check=self._may, effect=self._do,
                    verb=TRANSFER)  # fmt: skip
        return [_named(step, "transfer")]

    def _may(self, taking: Taking) -> Verdict:
        party: Party = taking.values["new_regulator"]
        faults: dict[str, list[Words]] = {}
        depth = {"city": 2, "county": 3}[self.within]
        here, there = (path.strip("/").split("/")[:depth] for path in (taking.row.path, party.path))
        if party.kind != "department" or here[: len(there)] != there:
            faults["new_regulator"] = [
                Words("只能移交给本地的监管部门。", "Only to a department of this place.")
            ]
        elif party.pk == taking.row.regulator_id:
            faults["new_regulator"] = [Words("已由该部门负责。", "It is already with this department.")]
        stay = [] if faults else [_stays(child) for child in self._left_behind(taking.row)]
        return Verdict(faults, [], stay)

    @staticmethod
    def goes_along(row: Any, child: Any) -> bool:
        """Say whether a matter under this one is before the same department and can be handed over."""
        return child.regulator_id == row.regulator_id and TRANSFER in child.loop.steps

    def _left_behind(self, row: Any) -> list[Any]:
        return [child for child in open_children(row) if not self.goes_along(row, child)]

    def _do(self, taking: Taking) -> None:
        party: Party = taking.values["new_regulator"]
        taking.along = [child for child in open_children(taking.row) if self.goes_along(taking.row, child)]
        taking.noted["former_regulator"] = str(taking.row.regulator_id or "")
        if taking.along:
            taking.noted["along"] = [child.number for child in taking.along]
        taking.row.regulator = party
        if party.sector:
            taking.row.sector = party.sector
        evidence.follow(taking.row.pk, taking.row)
        opened, left = duties.readdress(taking.loop, taking.row, taking.at)
        taking.opened += opened
        taking.left += left


def _stays(child: Any) -> Words:
    said = Words(
        "{what} {number} 由{who}督办，不随之移交。", "{what_en} {number} stays with {who}, who took it up."
    )
    who = child.regulator.name if child.regulator else "—"
    return said.filled(what=child.loop.words.zh, what_en=child.loop.words.en, number=child.number, who=who)


@dataclass(frozen=True)
class suspend(Verb):
    """Stop the clock, with a reason, and let it run again."""

    by: Who
    of: Sequence[State]

    def steps(self) -> list[Step]:
        stop = Step("中止计时", "Suspend", self.of, None, self.by, asks=[REASON], effect=_pause, verb=SUSPEND,
                    when=lambda row: row.paused_at is None)  # fmt: skip
        go = Step("恢复计时", "Resume", self.of, None, self.by, effect=_resume, verb=RESUME,
                  when=lambda row: row.paused_at is not None, main=True)  # fmt: skip
        return [_named(stop, "suspend"), _named(go, "resume")]


def _pause(taking: Taking) -> None:
    taking.row.paused_at = taking.at
    duties.pause(taking.row, taking.at)


def _resume(taking: Taking) -> None:
    row, paused_at = taking.row, taking.row.paused_at
    taking.noted["suspended_at"] = paused_at.isoformat()
    row.paused_at = None
    duties.resume(taking.loop, row, min(paused_at, taking.at), taking.at)
    if row.due_at:
        taking.noted["due_at"] = row.due_at.isoformat()


@dataclass(frozen=True)
class correct(Verb):
    """Correct fields with a reason; the former values stay in the ledger."""

    by: Who
    fields: Sequence[str]

    def steps(self) -> list[Step]:
        step = Step(
            "更正", "Correct", None, None, self.by, asks=[REASON], optional=self.fields, verb="correct"
        )
        return [_named(step, "correct")]


@dataclass(frozen=True)
class withdraw(Verb):
    """The person who opened it takes it back, as long as nobody else has acted."""

    of: State
    to: State

    def steps(self) -> list[Step]:
        step = Step("撤回", "Withdraw", self.of, self.to, Opener(), asks=[REASON], verb="withdraw", dangerous=True,
                    check=_nobody_else)  # fmt: skip
        return [_named(step, "withdraw")]


def _nobody_else(taking: Taking) -> Verdict:
    others = ledger.LedgerEntry.objects.filter(chain=taking.row.pk, actor_kind="person")
    if others.exclude(actor_person=taking.actor.person_id).exists():
        return Verdict(
            {"": [Words("已有人处理，不能撤回。", "Somebody has acted on it; it cannot be withdrawn.")]}
        )
    return Verdict()


@dataclass(frozen=True)
class reopen(Verb):
    """Take up an ended matter again, with a reason. ``name`` tells apart two ends from which a loop can be taken up."""

    of: State
    to: State
    by: Who
    asks: Sequence[str] = ()
    check: Callable[[Taking], Verdict] | None = None
    name: str = "reopen"

    def steps(self) -> list[Step]:
        step = Step("重新打开", "Reopen", self.of, self.to, self.by, asks=[*self.asks, REASON], check=self.check,
                    verb="reopen")  # fmt: skip
        return [_named(step, self.name)]


@dataclass(frozen=True)
class comment(Verb):
    """Say something on the matter; whoever sees it may."""

    by: Who = ANYONE

    def steps(self) -> list[Step]:
        step = Step("留言", "Comment", None, None, self.by, asks=[TEXT], verb="comment", any_time=True)
        return [_named(step, "comment")]


@dataclass(frozen=True)
class attach(Verb):
    """Add a file to the matter; whoever sees it may."""

    by: Who = ANYONE

    def steps(self) -> list[Step]:
        step = Step("补充附件", "Attach", None, None, self.by, needs=[Need("attachment", Words("附件", "Attachment"), "any")],
                    verb="attach", any_time=True)  # fmt: skip
        return [_named(step, "attach")]
