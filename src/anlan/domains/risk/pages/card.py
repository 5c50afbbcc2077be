"""The card of a post (一人一卡): read by anyone who has its address, and confirmed at the start of the shift (一日一醒).

It shows only what the workers of the post must know: their risks, measures, what to do in an emergency, the duty number. No
name of a person, no other post.
"""

from __future__ import annotations

from typing import Any

from anlan.domains.risk.accident_types import accident_types
from anlan.domains.risk.actions import confirm, events_of, post_of_card
from anlan.domains.risk.models import ControlMeasure, Division, WorkPost
from anlan.domains.risk.words import SHIFTS
from anlan.kernel import clock
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.pages import Asked, Done, Drawn, Given

NIGHT_FROM, DAY_FROM, MIDDLE_FROM = 0, 6, 16  # the hour by which a shift is offered first


def post_card(asked: Asked) -> Drawn | Done | Given:
    """Show the card; when it is sent, keep the confirmation."""
    post = post_of_card(asked.token)
    faults: dict[str, list[str]] = {}
    kept = None
    if asked.is_sent:
        try:
            kept = confirm(
                asked.token, asked.values.get("worker_name", ""), asked.values.get("shift", ""), key=asked.key
            )
        except Invalid as refusal:
            faults = {name: [str(reason) for reason in reasons] for name, reasons in refusal.errors.items()}
    context = {
        **card_of(post), "shifts": SHIFTS, "shift": asked.values.get("shift") or _shift_now(), "kept": kept, "faults": faults,
        "worker_name": asked.values.get("worker_name", ""), "today": clock.today(),
    }  # fmt: skip
    return Drawn("risk/card_public.html", context, 422 if faults else 200)


def card_of(post: WorkPost) -> dict[str, Any]:
    """Return what the card of a post says."""
    events = events_of(post)
    rows = ControlMeasure.unscoped("the card of a post shows its own measures")
    mine = list(
        rows.filter(responsible_post=post, archived_at=None, event__in=events)
        .defer("search")
        .order_by("kind", "pk")
    )
    types = accident_types()
    lines = [
        {
            "event": event,
            "type": types[event.accident_type].plain if event.accident_type in types else "",
            "measures": [one for one in mine if one.event_id == event.pk],
        }
        for event in events
    ]
    return {
        "post": post, "firm": post.enterprise, "lines": lines, "level": max((e.risk_level for e in events), default=0),
        "steps": [line.strip() for line in post.emergency.splitlines() if line.strip()], "phone": _phone(post),
        "operation": [one.strip() for one in post.safe_operation.replace("；", "\n").splitlines() if one.strip()],
    }  # fmt: skip


def _phone(post: WorkPost) -> str:
    """Return the duty number of the post, else of the nearest part of the enterprise that has one."""
    if post.duty_phone:
        return post.duty_phone
    line = [post.division, *post.division.line_above()] if post.division else []
    found = next((one.duty_phone for one in line if one.duty_phone), "")
    if found:
        return found
    parts = Division.unscoped("the duty number of the enterprise stands on every card").filter(
        enterprise=post.enterprise_id, archived_at=None
    )
    return (
        parts.filter(kind="company").exclude(duty_phone="").values_list("duty_phone", flat=True).first() or ""
    )


def _shift_now() -> str:
    hour = clock.now().astimezone(clock.CHINA).hour
    return "day" if DAY_FROM <= hour < MIDDLE_FROM else "middle" if hour >= MIDDLE_FROM else "night"
