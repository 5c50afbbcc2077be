"""The papers of a case: approval of the filing, notice of the penalty, decision. Each from the row, never typed again.

Serves article 11 (papers of enforcement in one form).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from anlan.domains.penalties.checks import bracket_of
from anlan.domains.penalties.words import PERSON, YES
from anlan.kernel import rules
from anlan.kernel.documents import Document
from anlan.kernel.loops.due import place_of
from anlan.kernel.words import Words

FILING = Words("立案审批表", "Approval of the filing")
NOTICE = Words("行政处罚告知书", "Notice of an administrative penalty")
DECISION = Words("行政处罚决定书", "Decision on an administrative penalty")
NOTICE_OPENS = Words(
    "经调查，你（单位）有下列违法事实。现将拟作出的行政处罚和你（单位）的权利告知如下：",
    "The inquiry found the following. The penalty that is proposed, and your rights, are:",
)
DECISION_OPENS = Words(
    "经调查，你（单位）有下列违法事实，现决定处罚如下：", "The inquiry found the following; it is decided:"
)
DEFEND = Words(
    "你（单位）可以在 {day} 前陈述、申辩；不因申辩加重处罚。",
    "You may state your case until {day}; a defence never makes the penalty heavier.",
)
HEARING = Words("你（单位）可以在 {day} 前要求听证。", "You may ask for a hearing until {day}.")
PAY = Words(
    "罚款自收到本决定书之日起{n}缴纳；逾期每日按罚款的{rate}%加处罚款，不超过罚款本身（{law}）。",
    "Pay within {n_en} of receiving this decision; each day late adds {rate} % of the fine, never more than the fine ({law}).",
)


def _party(row: Any) -> str:
    return f"{row.enterprise.name} {row.respondent}" if row.respondent_kind == PERSON else row.enterprise.name


def _lines(row: Any, *names: str) -> list[tuple[Any, Any, Any]]:
    """Return fields with labels and units as the panels show them, those alone that were given."""
    specs = [row.loop.spec(name) for name in names]
    given = [spec for spec in specs if getattr(row, spec.name) not in (None, "", False)]
    return [(spec.label, spec.shown(row), spec.unit or "") for spec in given]


def _ground(row: Any) -> list[Words]:
    try:
        found = bracket_of(row, {})
    except rules.InputErrors:
        return []
    return [Words(step["text_zh"], step["text_en"]) for step in found["steps"]]


def _common(row: Any) -> dict[str, Any]:
    return {"case": row, "party": _party(row), "ground": _ground(row), "rights": []}


def _filing(row: Any) -> Mapping[str, Any]:
    asked = ("act_on", "basis", "first_officer", "first_certificate", "second_officer", "second_certificate", "filed_by",
             "filed_on", "decide_by")  # fmt: skip
    return {**_common(row), "opens": "", "lines": _lines(row, *asked), "day": row.filed_on}


def _notice(row: Any) -> Mapping[str, Any]:
    day = {"day": row.respond_by.isoformat()}
    rights = [DEFEND.filled(**day), *([HEARING.filled(**day)] if row.hearing_right == YES else [])]
    lines = _lines(row, "findings", "basis", "notified_yuan", "other_penalty", "mitigation", "new_facts")
    return {**_common(row), "opens": NOTICE_OPENS, "lines": lines, "rights": rights, "day": row.notified_on}


def _decision(row: Any) -> Mapping[str, Any]:
    lines = _lines(row, "findings", "basis", "decided_yuan", "other_penalty", "decision", "decided_by")
    return {
        **_common(row),
        "opens": DECISION_OPENS,
        "lines": lines,
        "rights": _pay(row),
        "day": row.decided_on,
    }


def _pay(row: Any) -> list[Words]:
    if not row.decided_yuan:
        return []
    where = place_of(row)
    limit = rules.parameter("penalties.pay_within", row.decided_on, where)
    rate = rules.parameter("penalties.surcharge", row.decided_on, where)
    law = Words(f"{rate.citation.instrument.zh}{rate.citation.article}", rate.citation.instrument.en)
    length = limit.duration()
    return [PAY.filled(n=length.zh, n_en=length.en, rate=rate.value, law=law)]


def _declare(key: str, words: Words, since: str, gives: Callable[[Any], Mapping[str, Any]]) -> None:
    Document(
        of="penalty-cases", key=key, words=lambda row: words, template="penalty-cases/paper.html",
        when=lambda row: getattr(row, since) is not None, gives=gives,
    )  # fmt: skip


_declare("filing", FILING, "filed_on", _filing)
_declare("notice", NOTICE, "notified_on", _notice)
_declare("decision", DECISION, "decided_on", _decision)
