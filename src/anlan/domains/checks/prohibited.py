"""The prohibited items of ordinary trades (禁止事项) as checks of the enterprise itself.

The list is the one inspectors ask (``checklists.yaml``). What an enterprise takes over becomes a measure of its own tree, with
a post and a cycle, so that the schedule makes its checks, a failed line is a hidden danger, and what is missed climbs, as for any
measure; nothing is checked by a way of its own. Serves articles 5 and 15.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from anlan.domains.checks.checklists import CheckItem, asked, trades_of
from anlan.domains.checks.words import ACCIDENT_OF_TOPIC
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.accident_types import proposed
from anlan.domains.risk.models import ControlMeasure, WorkPost
from anlan.domains.risk.rows import Entered, TreeRow, enter
from anlan.kernel import clock
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

HEADING = "禁止事项"
# How often they may be checked; the first is what the form offers.
CYCLES = {
    "week": Words("每周", "Every week"),
    "day": Words("每天", "Every day"),
    "month": Words("每月", "Every month"),
}
_CHOOSE = Words("至少选一项。", "Choose one at least.")
_NO_POST = Words("选择由哪个岗位检查。", "Choose which post checks them.")
_NO_CYCLE = Words("选择多久检查一次。", "Choose how often they are checked.")


@dataclass(frozen=True)
class Prohibited:
    """One item as it stands with an enterprise: whether its own checks ask it already."""

    item: CheckItem
    is_checked: bool


def marks_of(firm: Enterprise) -> frozenset[str]:
    """Return the key marks an enterprise bears."""
    return frozenset(name for name in Enterprise.KEY_FLAGS if getattr(firm, name))


def prohibited_for(firm: Enterprise, day: date) -> list[CheckItem]:
    """Return the prohibited items of the trades an enterprise belongs to."""
    return [item for item in asked(trades_of(firm.industry, marks_of(firm)), day) if item.is_prohibited]


def standing(firm: Enterprise, actor: Actor) -> list[Prohibited]:
    """Return the prohibited items of an enterprise, those its own checks do not ask yet first."""
    found = prohibited_for(firm, clock.today())
    mine = ControlMeasure.seen_by(actor).filter(enterprise=firm, archived_at=None)
    texts = [item.words.zh for item in found]
    known = set(mine.filter(description__in=texts).values_list("description", flat=True))
    return sorted((Prohibited(one, one.words.zh in known) for one in found), key=lambda one: one.is_checked)


def take_over(actor: Actor, firm: Enterprise, keys: Collection[str], post: str, cycle: str) -> Entered:
    """Take prohibited items into the enterprise's own checks; one that is there already adds nothing.

    Raises Invalid (nothing chosen, no post, no cycle), NotAllowed.
    """
    day = clock.today()
    chosen = [item for item in prohibited_for(firm, day) if item.key in keys]
    posts = WorkPost.seen_by(actor).filter(enterprise=firm, archived_at=None)
    names = {str(pk): name for pk, name in posts.values_list("pk", "name")}
    faults: dict[str, list[Words | str]] = {}
    if not chosen:
        faults["items"] = [_CHOOSE]
    if post not in names:
        faults["post"] = [_NO_POST]
    if cycle not in CYCLES:
        faults["cycle"] = [_NO_CYCLE]
    if faults:
        raise Invalid(faults)
    return enter(actor, firm, _rows(chosen, names[post], cycle, day))


def _rows(items: Collection[CheckItem], post: str, cycle: str, day: date) -> Iterator[TreeRow]:
    for number, item in enumerate(items, 1):
        yield TreeRow(
            risk_object=HEADING,
            object_kind="place",
            unit=HEADING,
            event=item.wrong.zh,
            worksheet="scl",
            standard=item.clause.zh,
            accident_type=proposed(ACCIDENT_OF_TOPIC.get(item.topic, ""), day),
            kind="management",
            measure=item.words.zh,
            check_content=item.words.zh,
            check_cycle="1",
            check_cycle_unit=cycle,
            post=post,
            line=number,
        )
