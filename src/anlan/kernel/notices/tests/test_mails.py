"""Mails to a real server on this machine: what arrives, when, how often, in which language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.notices import mark_read, notices_for
from anlan.kernel.notices.models import Attempt, Notice, Outward, OutwardItem
from anlan.kernel.notices.sending import (
    deliver,
)
from anlan.kernel.notices.spreading import spread
from anlan.kernel.notices.tests.outgoing import states
from anlan.kernel.notices.tests.receivers import Postbox, with_mail

pytestmark = pytest.mark.django_db


def test_a_duty_with_a_clock_is_mailed_at_once_and_says_nothing_of_the_matter(
    city: Any, box: Postbox
) -> None:
    with_mail(city.officer)
    danger = city.reports(description="安全出口被货物堵塞", location="二号车间")
    assert deliver() == {"spread": 2, "sent": 1, "failed": 0}
    (mail,) = box.mails
    whole = mail.as_string() + box.text()
    assert danger.number in box.text()
    assert "https://anlan.example/notices/" in box.text()
    for word in (
        "安全出口",
        "二号车间",
        "测试机械",
        city.grid_inspector.name,
        city.officer.name,
        "correct-horse",
    ):
        assert word not in whole
    message = Outward.objects.get()
    assert (message.state, message.sort, message.attempts) == ("sent", "instant", 1)
    assert message.receipt == mail["Message-ID"] == f"<{message.pk}@city.example>"
    assert (Attempt.objects.get().succeeded, Attempt.objects.get().status) == (True, 250)


def test_mails_are_in_the_readers_language(city: Any, box: Postbox) -> None:
    with_mail(city.officer)
    Account.objects.filter(person=city.officer.person_id).update(language="en")
    city.reports()
    deliver()
    assert "awaits you" in box.text()
    assert "等您办理" not in box.text()
    assert str(box.mails[0]["Subject"]).startswith("Anlan: ")


def test_without_a_mail_server_nothing_is_kept_for_it(city: Any) -> None:
    with_mail(city.officer)
    city.reports()
    deliver()
    assert Outward.objects.count() == 0
    assert not Notice.objects.filter(spread_at=None).exists()


def test_what_starts_no_clock_waits_for_the_digest_and_comes_as_one_mail(city: Any, box: Postbox) -> None:
    with_mail(city.officer)
    for _ in range(3):
        city.reports()
    Notice.objects.update(kind="renewed")
    deliver()
    assert box.mails == []
    assert states("digest") == ["waiting"]
    city.clock.forward(timedelta(hours=5))
    city.clock.forward(timedelta(minutes=31))  # 14:31
    deliver()
    (mail,) = box.mails
    assert str(mail["Subject"]) == "安澜汇总：3 条通知"
    deliver()
    assert len(box.mails) == 1


def test_a_digest_leaves_out_what_was_read_and_is_not_sent_when_all_was(city: Any, box: Postbox) -> None:
    with_mail(city.officer)
    city.reports()
    city.reports()
    Notice.objects.update(kind="renewed")
    spread()
    mark_read(city.officer)
    city.clock.forward(timedelta(hours=6))
    deliver()
    assert box.mails == []
    assert states() == ["suppressed"]


def test_a_burst_of_duties_is_few_mails(city: Any, box: Postbox) -> None:
    with_mail(city.officer)
    for _ in range(4):
        city.reports()
    deliver()
    for _ in range(3):
        city.clock.forward(timedelta(minutes=1))
        city.reports()
        deliver()
    assert len(box.mails) == 1
    city.clock.forward(timedelta(minutes=10))
    deliver()
    assert len(box.mails) == 2
    assert OutwardItem.objects.count() == 7


def test_a_muted_kind_is_not_mailed(city: Any, box: Postbox) -> None:
    with_mail(city.officer, muted=["duty"])
    city.reports()
    deliver()
    assert box.mails == []
    assert notices_for(city.officer).count() == 1


def test_a_server_that_is_busy_is_tried_again_and_one_that_refuses_is_not(city: Any, box: Postbox) -> None:
    with_mail(city.officer)
    box.refuses = ["451 later"]
    city.reports()
    deliver()
    assert states() == ["failed"]
    city.clock.forward(timedelta(minutes=2))
    deliver()
    assert states() == ["sent"]
    assert list(Attempt.objects.order_by("number").values_list("status", flat=True)) == [451, 250]
    box.refuses = ["550 nobody here"]
    city.clock.forward(timedelta(minutes=11))
    city.reports()
    deliver()
    assert states() == ["sent", "given_up"]


def test_a_server_that_is_down_costs_nothing_but_time(city: Any, box: Postbox, settings: Any) -> None:
    with_mail(city.officer)
    port, settings.ANLAN_SMTP = box.port, {**settings.ANLAN_SMTP, "port": 1}
    city.reports()
    deliver()
    assert states() == ["failed"]
    settings.ANLAN_SMTP = {**settings.ANLAN_SMTP, "port": port}
    city.clock.forward(timedelta(minutes=3))
    deliver()
    assert states() == ["sent"]


def test_somebody_who_left_the_post_is_no_longer_mailed(city: Any, box: Postbox) -> None:
    from anlan.kernel.scope.models import Membership

    with_mail(city.officer)
    Membership.objects.filter(person=city.officer.person_id).update(valid_to=clock.today())
    city.clock.forward(timedelta(days=1))
    city.reports()
    deliver()
    assert box.mails == []
