"""Pages that need no account: how often one address opens them, and that they say nothing beyond what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from anlan.domains.risk.models import ControlMeasure, RiskEvent, ShiftConfirmation, WorkPost
from anlan.domains.risk.rows import enter
from anlan.domains.risk.trades import trades
from anlan.faces.public import limiting
from anlan.faces.public.limiting import MISSES, READS, SENDINGS, Counted, Door, Limit, network_of
from anlan.kernel import clock
from anlan.kernel.registers import archive, edit


@pytest.fixture(autouse=True)
def fresh_door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    found = Door()
    monkeypatch.setattr("anlan.faces.public.open_pages.door", found)
    return found


@pytest.fixture
def card(city: Any) -> WorkPost:
    trade = trades()["small_workshop"]
    enter(city.safety_officer, city.workshop, trade.rows(date(2026, 3, 2)), posts=trade.posts())
    post = WorkPost.unscoped("a test").get(name="焊工")
    answers = {"person_name": "不公开的人", "duty_phone": "0431-00012345"}
    return edit(WorkPost, post.pk, city.safety_officer, answers)


def opened(card: Any, address: str = "10.0.0.1", token: str = "") -> Any:
    return Client(REMOTE_ADDR=address).get(f"/post-card/{token or card.card_token}")


def test_one_address_opens_so_many_a_minute_and_waits_then(city: Any, card: WorkPost) -> None:
    for _ in range(READS.most):
        answer = opened(card)
    assert answer.status_code == 200
    refused = opened(card)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= READS.seconds
    assert card.name not in refused.content.decode()
    assert opened(card, "10.0.0.2").status_code == 200, "another address is not held up"
    city.clock.forward(timedelta(seconds=READS.seconds + 1))
    assert opened(card).status_code == 200


def test_confirmations_are_limited_apart_and_none_is_kept_beyond(card: WorkPost) -> None:
    page, client = f"/post-card/{card.card_token}", Client(REMOTE_ADDR="10.0.0.3")
    for number in range(SENDINGS.most):
        assert client.post(page, {"worker_name": f"甲{number}", "shift": "day"}).status_code == 200
    assert client.post(page, {"worker_name": "乙", "shift": "day"}).status_code == 429
    assert ShiftConfirmation.unscoped("a test counts").count() == SENDINGS.most
    assert client.get(page).status_code == 200, "reading goes on"


def test_whoever_guesses_is_held_up_soon_and_learns_nothing(card: WorkPost) -> None:
    for number in range(MISSES.most):
        assert opened(card, "10.0.0.4", f"{number:024d}").status_code == 404
    for token in (card.card_token, "0" * 24):  # the same answer whether there is such a card or not
        answer = opened(card, "10.0.0.4", token)
        assert answer.status_code == 429
        assert card.name not in answer.content.decode()


def test_a_card_says_nothing_beyond_the_card(city: Any, card: WorkPost) -> None:
    shown = opened(card).content.decode()
    mine = ControlMeasure.unscoped("a test").filter(responsible_post=card, archived_at=None)
    others = ControlMeasure.unscoped("a test").filter(enterprise=city.workshop).exclude(responsible_post=card)
    own = set(mine.values_list("description", flat=True))
    assert own
    assert all(text in shown for text in own)
    assert not [
        text for text in others.values_list("description", flat=True) if text not in own and text in shown
    ]
    posts = WorkPost.unscoped("a test").filter(enterprise=city.workshop).exclude(pk=card.pk)
    assert not [post.name for post in posts if post.name in shown.replace(card.name, "")]
    hidden = {
        "不公开的人", city.workshop.credit_code, str(city.workshop.pk), str(card.pk), str(city.workshop.holder_id),
        city.workshop.legal_representative or "—not written—", city.main_person.name, "data-search-all", "/inbox/",
    }  # fmt: skip
    assert not [text for text in hidden if text and text in shown]
    answer = opened(card)
    assert (answer["X-Robots-Tag"], answer["Referrer-Policy"]) == ("noindex", "same-origin")
    assert "no-store" in answer["Cache-Control"]


def test_the_card_of_a_post_that_is_gone_is_like_none(city: Any, card: WorkPost) -> None:
    gone = opened(card, token="0" * 24)
    archive(WorkPost, card.pk, city.safety_officer, "岗位撤并")
    after = opened(card)
    assert (gone.status_code, after.status_code) == (404, 404)
    assert RiskEvent.unscoped("a test").filter(enterprise=city.workshop).exists()


def test_counts_end_with_their_window_and_forget_the_longest_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "MOST_ADDRESSES", 3)
    counted = Counted(Limit(1, 60))
    for name in ("a", "b", "c", "d"):
        counted.note(name)
    assert [counted.wait(name) > 0 for name in ("a", "b", "c", "d")] == [False, True, True, True]
    with clock.travel(clock.now() + timedelta(seconds=61)):
        assert counted.wait("d") == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""), ("not an address", "not an address"),
    ],
)  # fmt: skip
def test_one_subscriber_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
