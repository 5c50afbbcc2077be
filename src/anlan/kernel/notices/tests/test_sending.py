"""Messages whatever their channel: none lost, none doubled, seen by their recipient, sent again with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.kernel import ledger
from anlan.kernel.loops import sweep
from anlan.kernel.notices.models import Attempt, Outward
from anlan.kernel.notices.refusing import NoticeRefused
from anlan.kernel.notices.resending import may_resend, outward_of, resend
from anlan.kernel.notices.sending import (
    UNANSWERED,
    claim,
    deliver,
    send_batch,
)
from anlan.kernel.notices.spreading import spread
from anlan.kernel.notices.tests.receivers import Postbox, with_mail

pytestmark = pytest.mark.django_db


def test_a_worker_that_ended_between_sending_and_noting_sends_again_under_the_same_id(
    city: Any, box: Postbox
) -> None:
    from anlan.kernel.notices import sending

    with_mail(city.officer)
    city.reports()
    spread()
    (claimed,) = claim(5)
    ready = sending._made_ready(claimed)
    with sending.post_office() as office:
        assert ready.mail is not None
        office.send(ready.mail)
    # … and here the worker is gone: nothing was noted
    assert send_batch() == []
    city.clock.forward(sending.LEASE + timedelta(seconds=1))
    assert send_batch() == [True]
    assert [mail["Message-ID"] for mail in box.mails] == [box.mails[0]["Message-ID"]] * 2
    answers = list(Attempt.objects.order_by("number").values_list("answer", flat=True))
    assert answers == [UNANSWERED, "250"]
    city.clock.forward(timedelta(days=1))
    assert send_batch() == []


def test_lateness_goes_out_once(city: Any, box: Postbox) -> None:
    with_mail(city.officer)
    city.reports()
    deliver()
    city.clock.forward(timedelta(days=30))
    sweep()
    deliver()
    sweep()
    deliver()
    city.clock.forward(timedelta(hours=12))
    deliver()
    late = [mail for mail in box.mails[1:] if "已逾期" in box.text(box.mails.index(mail))]
    assert len(late) == 1


def test_messages_are_seen_by_their_recipient_and_the_administrator_alone(city: Any, box: Postbox) -> None:
    with_mail(city.officer)
    city.reports()
    deliver()
    assert outward_of(city.officer).count() == outward_of(city.administrator).count() == 1
    assert outward_of(city.far_officer).count() == outward_of(city.worker).count() == 0
    message = Outward.objects.get()
    assert not may_resend(city.officer, message)
    assert resend(city.officer, message.pk, "x") is None
    with pytest.raises(NoticeRefused):
        resend(city.administrator, message.pk, " ")
    assert resend(city.administrator, message.pk, "收件人说没收到") is not None
    deliver()
    assert len(box.mails) == 2
    assert box.mails[0]["Message-ID"] == box.mails[1]["Message-ID"]
    (entry,) = ledger.history(message.pk)
    assert (entry.act, entry.data["reason"]) == ("resent", "收件人说没收到")
