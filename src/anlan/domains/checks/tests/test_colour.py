"""A check that fails raises the colour of the enterprise until what it found is put right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.checks import planning
from anlan.domains.checks.actions import Answer, check
from anlan.domains.checks.models import CheckLine
from anlan.domains.checks.queries import my_tasks
from anlan.domains.checks.tests.shop import DAY, Shop
from anlan.domains.checks.words import FAILED, IN_ORDER
from anlan.domains.colours import painting
from anlan.domains.colours.models import EnterpriseColour
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.risk.models import RiskEvent
from anlan.kernel import clock


@pytest.fixture
def shop(city: Any) -> Shop:
    made = Shop(city)
    for text in ("防护罩是否完好", "急停按钮是否有效"):
        made.measure(text, 1, "day")
    planning.make(DAY)
    return made


def colour(city: Any) -> EnterpriseColour:
    painting.follow()
    return EnterpriseColour.unscoped("a test reads the result").get(
        enterprise=city.workshop, archived_at=None
    )


def test_a_failed_check_raises_the_colour_until_it_is_put_right(city: Any, shop: Shop) -> None:
    for event in RiskEvent.unscoped("a test grades").filter(enterprise=city.workshop):
        event.risk_level = 2
        event.save()
    assert colour(city).risk_level == 2
    city.clock.forward(timedelta(minutes=1))
    (task,) = my_tasks(city.worker)
    lines = list(CheckLine.objects.filter(task=task).order_by("pk"))
    answers = [Answer(lines[0].pk, FAILED, "罩子松了"), *(Answer(line.pk, IN_ORDER) for line in lines[1:])]
    check(task.pk, city.worker, answers)
    raised = colour(city)
    assert raised.risk_level == 3
    assert "检查不正常、尚未整改的管控措施 1 项，升 1 档" in [str(words) for words in raised.because()]
    danger = HiddenDanger.unscoped("a test reads the result").get()
    danger.closed_at = clock.now()
    danger.save()
    city.clock.forward(timedelta(minutes=1))
    assert colour(city).risk_level == 2
