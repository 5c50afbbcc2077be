"""The open page of an enterprise's commitments to safety: the line of each day, its installations, who answers for them.

What stands here hangs at the gate of the plant by law: grade, name and duty number of the three persons, the promise of the day.
Nothing else of the enterprise is shown, no quantity and no place of a tank.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.installations.models import HazardKeeper, Installation, SafetyCommitment
from anlan.domains.installations.words import LAYERS, MAJOR_GRADES
from anlan.kernel import clock, rules
from anlan.kernel.registers.errors import NotSeen
from anlan.kernel.registers.pages import Asked, Done, Drawn, Given
from anlan.kernel.words import Words

SHOWN_DAYS = "installations.commitment_shown_days"
WORK = (
    ("hot_work_special", Words("特级动火{n}处", "special hot work at {n}")),
    ("hot_work_first", Words("一级动火{n}处", "first-class hot work at {n}")),
    ("hot_work_second", Words("二级动火{n}处", "second-class hot work at {n}")),
    ("confined_spaces", Words("受限空间{n}处", "confined spaces at {n}")),
    ("other_work", Words("其他特殊作业{n}处", "other special work at {n}")),
)


def commitments(asked: Asked) -> Drawn | Done | Given:
    """Show what an enterprise announced on the last days; raises NotSeen where it announces nothing."""
    firm = _firm_of(asked.token)
    today = clock.today()
    since = today - timedelta(days=int(rules.parameter(SHOWN_DAYS, today).value))
    rows = SafetyCommitment.unscoped("a commitment is announced to everybody")
    days = list(
        rows.filter(enterprise=firm, archived_at=None, day__gt=since).defer("search").order_by("-day")
    )
    if not days:
        raise NotSeen
    context = {
        "firm": firm, "days": [(row, line_of(row)) for row in days], "units": _units(firm), "today": today,
        "is_today": days[0].day == today, "layers": LAYERS,
    }  # fmt: skip
    return Drawn("installations/open.html", context)


def _firm_of(token: str) -> Enterprise:
    try:
        pk = uuid.UUID(token)
    except ValueError:
        raise NotSeen from None
    rows = Enterprise.unscoped("the open page of an enterprise's commitments names the enterprise")
    firm = rows.filter(pk=pk, archived_at=None).defer("search").first()
    if firm is None:
        raise NotSeen
    return firm


def _units(firm: Enterprise) -> list[dict[str, object]]:
    """Return the major hazards of an enterprise with their three persons, as the notice at the gate names them."""
    rows = Installation.unscoped("the notice at the gate names the installations and who answers for them")
    units = (
        rows.filter(enterprise=firm, archived_at=None, grade__in=MAJOR_GRADES)
        .defer("search")
        .order_by("grade", "name")
    )
    persons = HazardKeeper.unscoped("the notice at the gate names the installations and who answers for them")
    named = {
        (one.installation_id, one.layer): one for one in persons.filter(enterprise=firm, archived_at=None)
    }
    return [
        {"unit": unit, "keepers": [(words, named.get((unit.pk, key))) for key, words in LAYERS]}
        for unit in units
    ]


def line_of(row: SafetyCommitment) -> Words:
    """Return a day's announcement as one line."""
    work = [words.filled(n=getattr(row, name)) for name, words in WORK if getattr(row, name)]
    none = Words("无特殊作业", "no special work")
    parts = work or [none]
    state = Words("装置运行{on}套、停产{off}套", "{on} units running, {off} stopped").filled(
        on=row.units_running, off=row.units_stopped
    )
    more = [
        words
        for holds, words in (
            (row.in_trial, Words("处于试生产", "in trial production")),
            (row.starting_or_stopping, Words("处于开停车", "starting up or shutting down")),
        )
        if holds
    ]
    safe = (
        Words("重大危险源处于安全状态", "major hazard installations are safe")
        if row.hazards_safe
        else Words("重大危险源有未受控的风险", "a risk of a major hazard installation is not under control")
    )
    kept = (
        Words("风险管控措施已落实", "measures of control are carried out")
        if row.measures_done
        else Words("有风险管控措施未落实", "some measures of control are not carried out")
    )
    said = [state, *more, *parts, safe, kept]
    return Words(
        "，".join(one.zh for one in said) + f"。承诺人：{row.signed_by}",
        "; ".join(one.en for one in said) + f". Promised by {row.signed_by}",
    )


def address_of(firm: Enterprise) -> str:
    """Return the address of the open page of an enterprise."""
    return f"/commitments/{firm.pk}"
