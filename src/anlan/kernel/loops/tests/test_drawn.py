"""The inbox for a page that draws few of many cards: the same cards in the same groups, and matters where they are drawn."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.kernel.loops import inbox
from anlan.kernel.loops.models import Duty

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "drawn", [{"later": 2, "week": 2}, {"later": 100, "week": 100, "today": 1, "overdue": 1}, {}]
)
def test_the_same_cards_with_fewer_matters(city: Any, drawn: dict[str, int]) -> None:
    for _ in range(5):
        city.reports()
    Duty.objects.filter(matter_id=inbox(city.officer)[0].duty.matter_id).update(due_at=None)
    whole, some = inbox(city.officer), inbox(city.officer, drawn=drawn)
    assert [(card.duty.pk, card.group) for card in some] == [(card.duty.pk, card.group) for card in whole]
    left = dict(drawn)
    for one, other in zip(whole, some, strict=True):
        left[one.group] = left.get(one.group, 0) - 1
        assert other.matter == (one.matter if left[one.group] >= 0 else None)


def test_what_cannot_be_seen_is_no_card(city: Any) -> None:
    for _ in range(3):
        city.reports()
    Duty.objects.update(matter_id=Duty.objects.filter(party=city.bureau).first().matter_id)  # type: ignore[union-attr]
    seen = len(inbox(city.officer))
    assert len(inbox(city.officer, drawn={})) == seen == 3
    from anlan.domains.hidden_dangers.models import HiddenDanger

    HiddenDanger.unscoped("out of everybody's reach").update(path="/99/", holder=None, sensitivity=4)
    assert inbox(city.officer) == inbox(city.officer, drawn={})


def test_titles_of_listings_ask_nothing_more(city: Any) -> None:
    from anlan.domains.hidden_dangers.models import ListedSupervision

    assert ListedSupervision.titled_by == ("danger",)
    cards = inbox(city.officer)
    with CaptureQueriesContext(connection) as asked:
        assert all(card.matter.title() for card in cards)
    assert len(asked) == 0
