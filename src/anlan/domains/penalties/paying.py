"""What is due when a fine is paid: the fine, and the surcharge for each day late. Serves article 11."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from anlan.domains.penalties.checks import today_of
from anlan.domains.penalties.rules import surcharge
from anlan.kernel.loops.declaration import Verdict
from anlan.kernel.loops.due import parameter_for
from anlan.kernel.loops.taking import Taking
from anlan.kernel.words import Words


def surcharge_of(row: Any, taking: Taking, paid_on: date, stay_days: int) -> Decimal:
    """Return the surcharge of a fine paid on a day, without the days of review or litigation."""
    rate = parameter_for("penalties.surcharge", row, taking.at)
    days = (paid_on - row.pay_by).days - stay_days
    return surcharge(row.decided_yuan, days, Decimal(rate.value))


def is_paid_whole(taking: Taking) -> Verdict:
    """Refuse less than the fine, and less than fine and surcharge without a word why."""
    row, given = taking.row, taking.values
    paid_on, paid = given["paid_on"], given["paid_yuan"]
    if not row.served_on <= paid_on <= today_of(taking):
        words = Words("应在送达日期和今天之间。", "It lies between the day of service and today.")
        return Verdict({"paid_on": [words]})
    more = surcharge_of(row, taking, paid_on, given.get("stay_days") or 0)
    rate = parameter_for("penalties.surcharge", row, taking.at)
    due = Words(
        "应缴{sum}元：罚款{fine}元，加处罚款{more}元。", "Due are {sum} yuan: fine {fine}, surcharge {more}."
    )
    told = due.filled(sum=_shown(row.decided_yuan + more), fine=_shown(row.decided_yuan), more=_shown(more))
    if paid < row.decided_yuan or (paid < row.decided_yuan + more and not given.get("surcharge_note")):
        return Verdict({"paid_yuan": [told]})
    return Verdict({}, [rate.stored()] if more else [], [told])


def note_paid(taking: Taking) -> None:
    """Keep the surcharge that was due."""
    row = taking.row
    row.surcharge_yuan = surcharge_of(row, taking, row.paid_on, row.stay_days or 0)


def _shown(money: Decimal) -> str:
    return format(money.quantize(Decimal("0.01")), "f").rstrip("0").rstrip(".")
