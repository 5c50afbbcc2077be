"""Whatever happens and in whatever order, colours kept step by step equal colours computed whole, today and on every past day."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from anlan.domains.colours import painting, writing
from anlan.domains.colours.models import ColourRun, EnterpriseColour
from anlan.domains.colours.tests.firm import Firm
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock
from anlan.kernel.people.posts import leave
from anlan.kernel.registers import archive, edit, restore
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.scope.models import Membership

ACTS = (
    "grade_low", "grade_grave", "residual", "report", "report_far", "major", "close", "unsuspend", "wait_hours", "wait_days",
    "archive_event", "move", "archive_firm", "officer_leaves", "follow", "follow",
)  # fmt: skip


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=st.lists(st.sampled_from(ACTS), min_size=4, max_size=18), days=st.integers(1, 40))
def test_step_by_step_equals_whole(city: Any, acts: list[str], days: int) -> None:
    with transaction.atomic():
        city.clock.to(city.clock._start)
        firm = Firm(city, city.workshop, city.safety_officer)
        remembered: dict[date, dict[Any, Any]] = {}
        painting.follow()
        for act in acts:
            with suppress(Invalid, NotAllowed, NotSeen, Changed), transaction.atomic():
                play(city, firm, act, days)
            painting.follow()
            remembered[clock.today()] = {
                pk: (one.level, one.basis) for pk, one in writing.standing(None).items()
            }
        step_by_step = {pk: (one.level, one.basis) for pk, one in writing.standing(None).items()}
        assert painting.verify() == ""
        assert painting.recompute() == 0
        for day, stood in remembered.items():
            for pk, told in stood.items():
                row = painting.colour_on(pk, day)
                assert row is not None
                assert (row.risk_level, row.basis) == told, day
        EnterpriseColour.unscoped("a test begins anew").all().delete()
        ColourRun.objects.all().delete()
        painting.follow()
        assert {pk: (one.level, one.basis) for pk, one in writing.standing(None).items()} == step_by_step
        transaction.set_rollback(True)


def play(city: Any, firm: Firm, act: str, days: int) -> None:
    """Let something happen; what cannot happen now does not."""
    opened = HiddenDanger.unscoped("a test plays").filter(closed_at=None).order_by("number").first()
    if act.startswith("grade_"):
        firm.graded(2 if act == "grade_low" else 4)
    elif act == "residual":
        firm.graded(1, "residual")
    elif act == "report":
        city.reports(by=city.safety_officer)
    elif act == "report_far":
        city.reports(by=city.far_officer, at=city.far_shop)
    elif act.startswith("wait_"):
        city.clock.forward(timedelta(hours=days) if act == "wait_hours" else timedelta(days=days))
    elif act in {"major", "close", "unsuspend"} and opened is not None:
        step(opened, act)
    elif act == "archive_event":
        event = firm.fresh_event()
        (restore if event.is_archived else archive)(type(event), event.pk, city.safety_officer, "拆除")
    elif act == "officer_leaves":
        for seat in Membership.objects.filter(
            post__party=city.workshop.holder, post__kind="safety_officer", valid_to=None
        ):
            leave(city.main_person, seat.pk, clock.today(), "离职")
    elif act in {"move", "archive_firm"}:
        enterprise(city, act)


def step(row: HiddenDanger, act: str) -> None:
    row.severity = "major" if act == "major" else row.severity or "general"
    row.paused_at = None if row.paused_at or act != "unsuspend" else clock.now()
    row.closed_at = clock.now() if act == "close" else None
    row.state = "closed" if act == "close" else row.state
    row.save()


def enterprise(city: Any, act: str) -> None:
    row = Enterprise.unscoped("a test plays").get(pk=city.workshop.pk)
    if act == "move":
        there = city.other_village if row.territory_id == city.village.pk else city.village
        edit(Enterprise, row.pk, city.city_officer, {"territory": str(there.pk)})
        painting.follow()
        rows = EnterpriseColour.unscoped("a test reads").filter(enterprise=row)
        assert set(rows.values_list("path", flat=True)) == {there.path}
    else:
        (restore if row.is_archived else archive)(Enterprise, row.pk, city.city_officer, "停产")
