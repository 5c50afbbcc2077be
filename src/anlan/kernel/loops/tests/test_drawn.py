"""The inbox for a page that draws a few of many cards: the most urgent of each group, and how many each holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.kernel import clock
from anlan.kernel.loops import inbox
from anlan.kernel.loops.awaiting import counts, first_of_each
from anlan.kernel.loops.models import Duty

GROUPS = ("overdue", "today", "week", "later")


def _spread(city: Any) -> None:
    """Eight duties: four late, one due today, one this week, one without a date, one whose clock stands."""
    for _ in range(8):
        city.reports()
    now, duties = clock.now(), list(Duty.objects.filter(party=city.bureau, done_at=None).order_by("id"))
    ends = [
        *(now - timedelta(hours=n) for n in range(1, 5)),
        now + timedelta(hours=1),
        now + timedelta(days=3),
        None,
    ]
    for duty, end in zip(duties, [*ends, now - timedelta(days=1)], strict=True):
        Duty.objects.filter(pk=duty.pk).update(due_at=end)
    Duty.objects.filter(pk=duties[-1].pk).update(paused_at=now)


@pytest.mark.parametrize("most", [1, 2, 100])
def test_of_each_group_the_most_urgent(city: Any, most: int) -> None:
    _spread(city)
    whole = inbox(city.officer)
    wanted = [
        (card.duty.pk, card.matter, card.group)
        for group in GROUPS
        for card in [one for one in whole if one.group == group][:most]
    ]
    found = first_of_each(city.officer, dict.fromkeys(GROUPS, most))
    assert [(card.duty.pk, card.matter, card.group) for card in found] == wanted
    assert counts(city.officer) == {"overdue": 4, "today": 1, "week": 1, "later": 2}


def test_what_is_due_today_is_there_however_much_is_late(city: Any) -> None:
    _spread(city)
    found = first_of_each(city.officer, {"overdue": 1, "today": 1})
    assert [card.group for card in found] == ["overdue", "today"]
    assert first_of_each(city.officer, {}) == []


def test_what_cannot_be_seen_is_no_card(city: Any) -> None:
    _spread(city)
    from anlan.domains.hidden_dangers.models import HiddenDanger

    HiddenDanger.unscoped("out of everybody's reach").update(path="/99/", holder=None, sensitivity=4)
    assert {card.duty.pk for card in first_of_each(city.officer, dict.fromkeys(GROUPS, 100))} == {
        card.duty.pk for card in inbox(city.officer)
    }


def test_titles_of_listings_ask_nothing_more(city: Any) -> None:
    from anlan.domains.hidden_dangers.models import ListedSupervision

    assert ListedSupervision.titled_by == ("danger",)
    cards = inbox(city.officer)
    with CaptureQueriesContext(connection) as asked:
        assert all(card.matter.title() for card in cards)
    assert len(asked) == 0
