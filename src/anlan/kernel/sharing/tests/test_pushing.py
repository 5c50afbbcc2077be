"""Pushing to a real receiver on this machine: signed, in order, the cursor moved by a receipt alone, nothing lost or held up."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock, ledger
from anlan.kernel.loops import take
from anlan.kernel.notices import notices_for, posting
from anlan.kernel.notices.sending import FAILURES_BEFORE_PAUSE, UNANSWERED
from anlan.kernel.notices.signing import is_ours
from anlan.kernel.notices.tests.receivers import Hook, hook
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.sharing import SharedCall, Subscription, pushing
from anlan.kernel.sharing.endpoints import change_endpoint, send_again, set_endpoint
from anlan.kernel.sharing.models import Delivery, Endpoint
from anlan.kernel.sharing.pushing import LEASE, claim, make_portions, push, push_batch
from anlan.kernel.sharing.tests.asking import approved, asking

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Hook]:
    """A receiver on this machine, which the operator allows."""
    settings.ANLAN_WEBHOOK_NETWORKS = ["127.0.0.1/32"]
    settings.ANLAN_WEBHOOK_PLAIN = True
    with hook() as running:
        yield running


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows count as settled at once."""
    monkeypatch.setattr("anlan.kernel.sharing.pacing.SETTLING", timedelta(seconds=-5))


def pushed(city: Any, receiver: Hook, **more: Any) -> tuple[Subscription, str]:
    given = {"data_set": "hidden-dangers", "fields": "hidden-dangers: number state", "channel": "push"} | more
    row = approved(city, **given)
    return row, set_endpoint(row.pk, asking(city), receiver.url)


def got(receiver: Hook) -> list[str]:
    """The rows a receiver has, portions it knows already dropped, as it must."""
    known: dict[str, list[str]] = {}
    for headers, body in receiver.got:
        known[headers["webhook-id"]] = [item["id"] for item in json.loads(body)["data"]["items"]]
    return [pk for items in known.values() for pk in items]


def test_what_changed_is_pushed_signed_and_logged_and_the_cursor_moves(city: Any, receiver: Hook) -> None:
    row, secret = pushed(city, receiver)
    danger = city.reports()
    assert push() == 1
    ((headers, body),) = receiver.got
    assert is_ours(secret, headers, body, clock.now())
    said = json.loads(body)
    assert (said["type"], said["data"]["items"][0]["id"]) == ("shared.rows", str(danger.pk))
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.receipt, headers["webhook-id"]) == ("sent", "HTTP 200", str(delivery.pk))
    assert Endpoint.objects.get().cursor == delivery.next != ""
    line = SharedCall.objects.get(subscription=row)
    assert (line.status, line.rows, line.address, line.size) == (200, 1, "127.0.0.1", len(body))
    city.clock.forward(timedelta(minutes=1))
    assert push() == 0


def test_a_receiver_that_was_down_gets_all_of_it_in_order_and_nothing_twice(
    city: Any, receiver: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "PORTION", 3)
    pushed(city, receiver)
    expected = [str(city.reports(description=f"第{n}处").pk) for n in range(8)]
    receiver.behaves = "fail"
    push()
    assert Endpoint.objects.get().cursor == ""
    assert Delivery.objects.get().state == "failed"
    receiver.behaves, receiver.got = "ok", []
    expected.append(str(city.reports(description="后来的").pk))
    city.clock.forward(timedelta(minutes=5))
    push()
    city.clock.forward(timedelta(minutes=5))
    push()
    assert got(receiver) == expected
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_a_row_that_changes_between_attempts_comes_with_its_new_values_later(
    city: Any, receiver: Hook
) -> None:
    pushed(city, receiver)
    first, second = city.reports(description="一"), city.reports(description="二")
    receiver.behaves = "fail"
    push()
    receiver.behaves, receiver.got = "ok", []
    HiddenDanger.unscoped("a test").filter(pk=first.pk).update(updated_at=clock.now())
    city.clock.forward(timedelta(minutes=5))
    push()
    city.clock.forward(timedelta(minutes=5))
    push()
    assert got(receiver) == [str(second.pk), str(first.pk)]


def test_a_worker_killed_between_sending_and_noting_sends_again_under_the_same_id(
    city: Any, receiver: Hook
) -> None:
    pushed(city, receiver)
    city.reports()
    make_portions()
    (claimed,) = claim(5)
    ready = pushing.made_ready(claimed)
    assert ready is not None
    # … sent, and here the worker is gone: nothing was noted
    assert push_batch() == []
    city.clock.forward(LEASE + timedelta(seconds=1))
    assert push_batch() == [True]
    delivery = Delivery.objects.get()
    assert [one["answer"] for one in delivery.tries] == [UNANSWERED, "thanks"]
    assert make_portions() == 0


@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_a_receiver_that_hangs_holds_up_no_other(
    city: Any, receiver: Hook, monkeypatch: pytest.MonkeyPatch, behaviour: str
) -> None:
    async def soon(url: str, headers: dict[str, str], body: bytes) -> Any:
        return await posting.post(url, headers, body, seconds=1.0)

    monkeypatch.setattr(pushing, "post", soon)
    with hook() as other:
        pushed(city, receiver)
        pushed(city, other)
        receiver.behaves = behaviour
        city.reports()
        began = time.monotonic()
        push()
        assert time.monotonic() - began < 6
        assert len(other.got) == 1
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["failed", "sent"]


def test_a_receiver_that_keeps_failing_is_paused_told_of_and_goes_on_when_resumed(
    city: Any, receiver: Hook
) -> None:
    row, _ = pushed(city, receiver)
    danger = city.reports()
    receiver.behaves = "fail"
    for _ in range(FAILURES_BEFORE_PAUSE + 3):
        push()
        city.clock.forward(timedelta(hours=8))
    assert Endpoint.objects.get().state == "paused"
    assert len(receiver.got) == FAILURES_BEFORE_PAUSE
    assert notices_for(asking(city)).filter(kind="receiver_paused").count() == 1
    receiver.behaves, receiver.got = "ok", []
    change_endpoint(row.pk, asking(city), "resume")
    push()
    assert got(receiver) == [str(danger.pk)]


def test_what_was_revoked_is_not_sent_any_more(city: Any, receiver: Hook) -> None:
    row, _ = pushed(city, receiver)
    city.reports()
    make_portions()
    take("revoke", row, city.officer, {"reason": "用途不符"})
    push()
    assert receiver.got == []
    assert Delivery.objects.get().state == "dropped"


def test_a_daily_subscription_is_pushed_once_a_day(city: Any, receiver: Hook) -> None:
    pushed(city, receiver, frequency="daily")
    danger = city.reports()
    city.clock.forward(timedelta(minutes=5))
    push()
    assert receiver.got == []
    city.clock.forward(timedelta(days=1))
    push()
    assert got(receiver) == [str(danger.pk)]


def test_sending_again_has_a_reason_the_same_id_and_leaves_the_cursor(city: Any, receiver: Hook) -> None:
    row, _ = pushed(city, receiver)
    city.reports()
    push()
    delivery, cursor = Delivery.objects.get(), Endpoint.objects.get().cursor
    with pytest.raises(Invalid):
        send_again(delivery.pk, asking(city), " ")
    with pytest.raises(NotAllowed):
        send_again(delivery.pk, city.officer, "试")
    with pytest.raises(NotSeen):
        send_again(delivery.pk, city.far_officer, "试")
    send_again(delivery.pk, asking(city), "接收方丢了数据")
    push()
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [str(delivery.pk)] * 2
    assert Endpoint.objects.get().cursor == cursor
    assert "delivery_resent" in [entry.act for entry in ledger.history(row.pk)]


def test_only_the_body_that_asked_sets_a_receiver_and_no_inner_address(city: Any, receiver: Hook) -> None:
    row = approved(city, data_set="hidden-dangers", fields="hidden-dangers: number", channel="push")
    with pytest.raises(NotAllowed):
        set_endpoint(row.pk, city.officer, receiver.url)
    for url in ("", "https://10.0.0.1/x", "ftp://a.example/", "https://u:p@a.example/"):
        with pytest.raises(Invalid):
            set_endpoint(row.pk, asking(city), url)
    pulled = approved(city)
    with pytest.raises(NotAllowed):
        set_endpoint(pulled.pk, asking(city), receiver.url)


def test_a_subscription_that_cannot_be_read_holds_up_no_other(
    city: Any, receiver: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _ = pushed(city, receiver)
    row, _ = pushed(city, receiver)
    danger = city.reports()
    whole = pushing.stretch

    def read(subscription: Subscription, *rest: Any) -> Any:
        if subscription.pk == broken.pk:
            raise ValueError("a filter of former days")
        return whole(subscription, *rest)

    monkeypatch.setattr(pushing, "stretch", read)
    push()
    assert got(receiver) == [str(danger.pk)]
    assert list(Delivery.objects.values_list("subscription", flat=True)) == [row.pk]
    assert Endpoint.objects.get(pk=broken.pk).rests_until > clock.now()  # type: ignore[operator]
