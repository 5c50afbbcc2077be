"""Webhooks to a real receiver on this machine: signed, never led inside, never held up, paused when they keep failing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from anlan.kernel import clock, ledger
from anlan.kernel.notices import notices_for, posting
from anlan.kernel.notices.leaving import ENDED
from anlan.kernel.notices.models import Attempt, Outward, Receiver
from anlan.kernel.notices.receiving import change, make
from anlan.kernel.notices.refusing import NoticeRefused
from anlan.kernel.notices.sending import (
    FAILURES_BEFORE_PAUSE,
    MOST_ATTEMPTS,
    deliver,
)
from anlan.kernel.notices.signing import is_ours
from anlan.kernel.notices.spreading import spread
from anlan.kernel.notices.tests.outgoing import pushed, states
from anlan.kernel.notices.tests.receivers import Hook, Postbox, with_mail

pytestmark = pytest.mark.django_db


def test_a_webhook_is_signed_as_standard_webhooks_says(city: Any, receiver: Hook) -> None:
    _, secret = pushed(city, receiver)
    danger = city.reports()
    deliver()
    ((headers, body),) = receiver.got
    said = json.loads(body)
    assert said["type"] == "notices.instant"
    assert said["data"]["notices"][0]["number"] == danger.number
    assert "安全出口" not in body.decode()
    message = Outward.objects.get()
    assert (headers["webhook-id"], message.receipt) == (str(message.pk), "HTTP 200")
    # computed here by the published rule, not by our own function
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert is_ours(secret, headers, body, clock.now())
    assert not is_ours(secret, headers, body + b" ", clock.now())
    assert not is_ours(secret, headers, body, clock.now() + timedelta(minutes=6))


@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_a_receiver_that_hangs_holds_up_nobody(
    city: Any, receiver: Hook, box: Postbox, monkeypatch: pytest.MonkeyPatch, behaviour: str
) -> None:
    import time

    from anlan.kernel.notices import sending

    async def soon(url: str, headers: dict[str, str], body: bytes) -> Any:
        return await posting.post(url, headers, body, seconds=1.0)

    monkeypatch.setattr(sending, "post", soon)
    pushed(city, receiver)
    with_mail(city.officer)
    receiver.behaves = behaviour
    city.reports()
    began = time.monotonic()
    deliver()
    assert time.monotonic() - began < 8
    assert len(box.mails) == 1
    assert sorted(states()) == ["failed", "sent"]
    assert "no answer within 1 s" in Attempt.objects.get(outward__channel="webhook").answer


def test_redirects_are_not_followed(city: Any, receiver: Hook) -> None:
    pushed(city, receiver)
    receiver.behaves, receiver.redirects_to = "redirect", receiver.url
    city.reports()
    deliver()
    assert len(receiver.got) == 1
    assert Attempt.objects.get().answer == "HTTP 302: redirects are not followed"


def test_an_endless_answer_is_cut_off(city: Any, receiver: Hook) -> None:
    pushed(city, receiver)
    receiver.behaves = "flood"
    city.reports()
    deliver()
    assert states() == ["failed"]
    assert len(Attempt.objects.get().answer) <= 500


def test_a_name_that_leads_inside_is_not_called(city: Any, receiver: Hook, settings: Any) -> None:
    made, _ = pushed(city, receiver)
    settings.ANLAN_WEBHOOK_NETWORKS = []
    Receiver.objects.filter(pk=made.pk).update(url=receiver.url.replace("127.0.0.1", "localhost"))
    city.reports()
    deliver()
    assert receiver.got == []
    assert "inner address" in Attempt.objects.get().answer


def test_a_receiver_that_keeps_failing_is_paused_and_its_owner_told(city: Any, receiver: Hook) -> None:
    made, _ = pushed(city, receiver)
    receiver.behaves = "fail"
    city.reports()
    for _ in range(MOST_ATTEMPTS + 3):
        deliver()
        city.clock.forward(timedelta(hours=8))
    made.refresh_from_db()
    assert made.state == "paused"
    assert len(receiver.got) == FAILURES_BEFORE_PAUSE
    assert notices_for(city.officer).filter(kind="receiver_paused").count() == 1
    receiver.behaves = "ok"
    change(city.officer, made.pk, "resume")
    deliver()
    assert len(receiver.got) > FAILURES_BEFORE_PAUSE
    assert not Outward.objects.filter(receiver=made).exclude(state="sent").exists()
    assert [e.act for e in ledger.history(made.pk)] == ["receiver_made", "receiver_resumed"]


def test_a_receiver_that_says_gone_is_paused_at_once_and_one_that_is_busy_is_waited_for(
    city: Any, receiver: Hook
) -> None:
    made, _ = pushed(city, receiver)
    receiver.behaves = "busy"
    city.reports()
    deliver()
    assert Outward.objects.get(receiver=made).next_at - clock.now() > timedelta(seconds=100)
    receiver.behaves = "gone"
    city.clock.forward(timedelta(minutes=3))
    deliver()
    made.refresh_from_db()
    assert made.state == "paused"


def test_a_receiver_of_a_party_hears_what_is_told_to_its_posts_and_only_keepers_make_it(
    city: Any, receiver: Hook
) -> None:
    with pytest.raises(NoticeRefused):
        pushed(city, receiver, city.officer, for_party=True)
    pushed(city, receiver, city.main_person, for_party=True)
    city.reports()
    city.reports(at=city.far_shop, by=city.far_officer)
    deliver()
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "url",
    ["", "ftp://a.example/", "http://a.example/", "https://", "https://u:p@a.example/", "https://127.0.0.1/", "https://10.1.2.3/",
     "https://[::1]/", "https://169.254.169.254/x", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://0.0.0.0/",
     "https://a.example:99999/", "https://a.example/ x", "https://a.example/" + "x" * 500, "https://100.64.0.1/", "javascript:x"],
)  # fmt: skip
def test_addresses_that_no_receiver_may_have(city: Any, url: str) -> None:
    with pytest.raises(NoticeRefused):
        make(city.officer, "x", url, "each", for_party=False)


def test_a_receiver_that_was_ended_gets_nothing_more(city: Any, receiver: Hook) -> None:
    made, _ = pushed(city, receiver)
    city.reports()
    spread()
    with pytest.raises(NoticeRefused):
        change(city.officer, made.pk, "end")
    assert change(city.far_officer, made.pk, "end", "x") is None
    change(city.officer, made.pk, "end", "换系统")
    deliver()
    assert receiver.got == []
    assert states() == ["suppressed"]
    assert Receiver.objects.get().state == ENDED
