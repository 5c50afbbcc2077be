"""Effects of steps on the row of a penalty case: the days that the clocks of the law run from and to."""

from __future__ import annotations

from datetime import date
from typing import Any

from anlan.domains.penalties.checks import today_of
from anlan.kernel import rules
from anlan.kernel.loops.due import parameter_for, place_of
from anlan.kernel.loops.taking import Taking
from anlan.kernel.words import Words

_DOUBTS = {
    "memory": Words("，未与原文核对", ", not compared with the text"),
    "secondary": Words("，据转引", ", second hand"),
}


def _last_day(taking: Taking, key: str, start: date) -> date | None:
    """Return the last day that a rule leaves from a day, and keep the rule with the step."""
    found = parameter_for(key, taking.row, taking.at)
    taking.rules.append(found.stored())
    last = rules.due(start, found.duration()).due_date
    taking.reasons.append(said_of_limit(found, last))
    return last


def said_of_limit(found: rules.Parameter, last: date | None) -> Words:
    """Return a limit in words: its last day, its clause, and whether that was compared with the text."""
    words = Words("{name}：{day}（{law}{article}{doubt}）", "{name}: {day} ({law} {article}{doubt})")
    law, doubt = found.citation.instrument, _DOUBTS.get(found.confidence, "")
    return words.filled(
        name=Words(found.zh, found.en), day=last.isoformat() if last else "—", law=Words(law.zh, law.en),
        article=found.citation.article, doubt=doubt,
    )  # fmt: skip


def file(taking: Taking) -> None:
    """Let the time to decide run from the day of filing, by the rule of that day."""
    row = taking.row
    row.filed_on = today_of(taking)
    row.decide_by = _last_day(taking, "penalties.decide_within", row.filed_on)


def may_be_prolonged(row: Any) -> bool:
    """Say whether the rule of the day of filing lets the head prolong the time, and it was not done."""
    longest = _longest(row)
    return longest is not None and row.decide_by is not None and row.decide_by < longest


def _longest(row: Any) -> date | None:
    if row.filed_on is None:
        return None
    try:
        found = rules.parameter("penalties.prolong_to", row.filed_on, place_of(row))
    except rules.RuleGap:
        return None
    return rules.due(row.filed_on, found.duration()).due_date


def prolong(taking: Taking) -> None:
    """Let the longer time run, as the rule of the day of filing has it."""
    row = taking.row
    found = rules.parameter("penalties.prolong_to", row.filed_on, place_of(row))
    taking.rules.append(found.stored())
    taking.noted["former"] = str(row.decide_by)
    row.decide_by = _longest(row)
    taking.reasons.append(said_of_limit(found, row.decide_by))
    taking.renew_duties = True


def tell_party(taking: Taking) -> None:
    """Show the case to its party from the notice on; what it may say to a former notice begins anew."""
    row = taking.row
    row.holder = row.enterprise.holder
    row.waived = False
    row.hearing_asked_on = row.hearing_on = None


def ask_hearing(taking: Taking) -> None:
    """Note when the hearing was asked for; after it law is always reviewed."""
    taking.row.hearing_asked_on = today_of(taking)
    taking.row.needs_review = True


def decide(taking: Taking) -> None:
    """Let the times to serve and to publish run from the decision."""
    row = taking.row
    row.decided_on = today_of(taking)
    row.serve_by = _last_day(taking, "penalties.serve_within", row.decided_on)
    row.publish_by = _last_day(taking, "penalties.publish_within", row.decided_on)


def serve(taking: Taking) -> None:
    """Let the time to pay run from the day the decision was received."""
    taking.row.pay_by = _last_day(taking, "penalties.pay_within", taking.row.served_on)


def renew_clock(taking: Taking) -> None:
    """Let the duty run to the new limit."""
    taking.renew_duties = True


def is_fined(row: Any) -> bool:
    """Say whether there is a fine to pay."""
    return bool(row.decided_yuan)


def is_not_fined(row: Any) -> bool:
    """Say whether the decision asks for no money."""
    return not is_fined(row)


def goes_to_review(row: Any) -> bool:
    """Say whether law must be reviewed before the decision."""
    return bool(row.needs_review)


def needs_no_review(row: Any) -> bool:
    """Say whether the decision may follow once the party was heard."""
    return not goes_to_review(row)
