"""What a visit may look at, and what a sealed series of a phone writes into its row. Short, and only on columns of that row."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from anlan.domains.inspections.words import CLEAR, FINDING, FOUND
from anlan.kernel.loops.declaration import Verdict
from anlan.kernel.loops.taking import Taking
from anlan.kernel.words import Words

SECONDS_A_MINUTE = 60


def looks_at_its_own(taking: Taking) -> Verdict:
    """Refuse a danger or an alarm of another enterprise than the one visited."""
    row, wrong = taking.row, Words("不是这家企业的。", "It belongs to another enterprise.")
    names = ("danger", "alarm")
    return Verdict(
        {n: [wrong] for n in names if (at := getattr(row, n)) and at.enterprise_id != row.enterprise_id}
    )


def fill_from_phone(taking: Taking) -> None:
    """Take sheet, paperwork budget and place in the device's chain from what the phone captured; nothing at a desk."""
    if taking.device is None:
        return
    row, told = taking.row, taking.device.told
    row.answers = told["answers"]
    row.findings = sum(1 for one in row.answers if one["answer"] == FINDING)
    row.fixed = sum(1 for one in row.answers if one.get("fixed"))
    row.result = FOUND if row.findings else CLEAR
    row.device, row.device_seq, row.device_head = told["device"], told["device_seq"], taking.device.head
    budget: Mapping[str, int] = told["budget"]
    row.minutes_on_site = round(budget["seconds_on_site"] / SECONDS_A_MINUTE)
    row.minutes_writing = (Decimal(budget["seconds_writing"]) / SECONDS_A_MINUTE).quantize(Decimal("0.1"))
    row.keystrokes, row.signatures, row.documents = (
        budget["keystrokes"],
        told["signatures"],
        told["documents"],
    )
    row.clock_offset = told["clock_offset"]
    row.overlaps_id = told["overlaps"]
