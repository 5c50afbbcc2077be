"""The demonstration's checks: the last days' tasks of enterprises that keep their risks, most done, some missed, some failing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction

from anlan.domains.checks import planning
from anlan.domains.checks.actions import Answer, check
from anlan.domains.checks.models import CheckArrangement, CheckLine, CheckTask
from anlan.domains.checks.sweeping import sweep_checks
from anlan.domains.checks.words import FAILED, IN_ORDER, NOT_APPLICABLE
from anlan.domains.risk.models import ControlMeasure
from anlan.kernel import clock
from anlan.kernel.registers import create
from anlan.site.demo_people import Cast
from anlan.site.demo_year import Firm

DAYS = 5
DONE_SHARE, FAILED_SHARE, ASIDE_SHARE = 0.8, 0.02, 0.03
MOST_FAILED = 2  # of one enterprise: a demonstration is no disaster
NOTES = ("松动，已报修", "标识脱落", "没有按时维护", "有堆放物遮挡")


def keep_checks(seed: int, cast: Cast, firms: Sequence[Firm]) -> int:
    """Let the enterprises with measures check them over the last days; returns how many tasks were answered."""
    random = Random(f"{seed}/checks")  # noqa: S311 (a demonstration, not a secret)
    measured = set(
        ControlMeasure.unscoped("demonstration rows follow their own enterprise")
        .filter(is_demo=True, archived_at=None)
        .values_list("enterprise", flat=True)
    )
    chosen = [
        firm for firm in firms if firm.row.pk in measured and {"safety_officer", "worker"} <= set(firm.posts)
    ]
    if not chosen:
        return 0
    with transaction.atomic():
        _arrange(cast, chosen)
        today, done = clock.now().astimezone(clock.CHINA).date(), 0
        failed: dict[Any, int] = {}
        for back in range(DAYS, 0, -1):
            day = today - timedelta(days=back)
            with clock.travel(_at(day, 6)):
                for firm in chosen:
                    planning.make_for(firm.row, day)
            with clock.travel(_at(day, 15)):
                done += sum(_answered(random, cast, firm, day, failed) for firm in chosen)
            with clock.travel(_at(day + timedelta(days=1), 5)):
                sweep_checks()
        for firm in chosen:
            planning.make_for(firm.row, today)
    return done


def _at(day: Any, hour: int) -> datetime:
    return datetime.combine(day, time(hour), clock.CHINA)


def _arrange(cast: Cast, firms: Sequence[Firm]) -> None:
    """Let the first one work in two shifts on every day, the next on working days."""
    for firm, days, shifts in zip(
        firms, ("every", "working"), ("08:00-16:00，16:00-00:00", ""), strict=False
    ):
        create(CheckArrangement, cast.actor(firm.posts["safety_officer"]), {
            "enterprise": str(firm.row.pk), "name": "两班制" if shifts else "正常班", "days": days, "shift_times": shifts,
        })  # fmt: skip


def _answered(random: Random, cast: Cast, firm: Firm, day: Any, failed: dict[Any, int]) -> int:
    officer, count = cast.actor(firm.posts["safety_officer"]), 0
    tasks = CheckTask.unscoped("demonstration rows follow their own enterprise").filter(
        enterprise=firm.row, day=day, state="open", starts_at__lte=clock.now()
    )
    for task in tasks.order_by("name", "starts_at"):
        if random.random() > DONE_SHARE:
            continue
        answers = []
        for line in CheckLine.objects.filter(task=task, result=0).order_by("pk"):
            chance = random.random()
            if chance < FAILED_SHARE and failed.get(firm.row.pk, 0) < MOST_FAILED:
                failed[firm.row.pk] = failed.get(firm.row.pk, 0) + 1
                answers.append(Answer(line.pk, FAILED, random.choice(NOTES)))
            else:
                answers.append(Answer(line.pk, NOT_APPLICABLE if chance > 1 - ASIDE_SHARE else IN_ORDER))
        if answers:
            check(task.pk, officer, answers)
            count += 1
    return count
