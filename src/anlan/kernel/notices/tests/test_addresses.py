"""The address a person is mailed at: confirmed by a code, sealed at rest; the choices beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.kernel.notices.models import Outward, Preference
from anlan.kernel.notices.refusing import NoticeRefused
from anlan.kernel.notices.sending import (
    deliver,
)
from anlan.kernel.notices.setting import choose, confirm_address, forget_address, set_address, try_mail
from anlan.kernel.notices.tests.receivers import Postbox

pytestmark = pytest.mark.django_db


def test_an_address_is_used_once_its_code_came_back(city: Any, box: Postbox) -> None:
    set_address(city.officer, "officer@city.example")
    city.reports()
    deliver()
    (mail,) = box.mails
    assert mail["X-To"] == "officer@city.example"
    code = str(mail["Subject"])[-6:]
    assert confirm_address(city.officer, "000000" if code != "000000" else "111111") is None
    assert confirm_address(city.officer, code) is not None
    assert confirm_address(city.officer, code) is None
    assert Outward.objects.get().sealed == ""
    try_mail(city.officer)
    with pytest.raises(NoticeRefused):
        try_mail(city.officer)
    deliver()
    assert len(box.mails) == 2
    forget_address(city.officer)
    assert not Preference.objects.get().takes_mail


def test_a_code_cannot_be_guessed_nor_used_late_nor_sent_without_end(city: Any, box: Postbox) -> None:
    set_address(city.officer, "officer@city.example")
    deliver()
    code = str(box.mails[0]["Subject"])[-6:]
    for number in range(5):
        assert confirm_address(city.officer, f"{(int(code) + 1 + number) % 10**6:06d}") is None
    assert confirm_address(city.officer, code) is None
    set_address(city.officer, "officer@city.example")
    deliver()
    city.clock.forward(timedelta(minutes=31))
    assert confirm_address(city.officer, str(box.mails[1]["Subject"])[-6:]) is None
    for _ in range(3):
        set_address(city.officer, "officer@city.example")
    with pytest.raises(NoticeRefused):
        set_address(city.officer, "officer@city.example")


@pytest.mark.parametrize(
    "address", ["", "x", "a@b", "a@b.example\nBcc: c@d.example", "名@城.example", "a" * 300 + "@b.example"]
)
def test_what_is_no_address_is_refused(city: Any, box: Postbox, address: str) -> None:
    with pytest.raises(NoticeRefused):
        set_address(city.officer, address)


def test_the_address_is_not_readable_in_the_database(city: Any, box: Postbox) -> None:
    from django.db import connection

    set_address(city.officer, "officer@city.example")
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM notices_preference UNION SELECT sealed FROM notices_outward")
        assert all("city.example" not in row[0] for row in cursor.fetchall())


def test_choices_are_checked(city: Any) -> None:
    fits: dict[str, Any] = {
        "by_mail": True, "pace": "digest", "digest_times": ["8:30", "16:00"], "working_days_only": True,
        "quiet_from": "22:00", "quiet_to": "07:00", "muted": ["remind", "overdue", "nonsense"],
    }  # fmt: skip
    choice = choose(city.officer, **fits)
    assert (choice.digest_times, choice.muted) == (["08:30", "16:00"], ["remind"])
    for wrong in (
        {"pace": "never"}, {"digest_times": []}, {"digest_times": ["25:00"]}, {"digest_times": ["23:00"]}, {"quiet_from": "x"},
        {"digest_times": ["08:0" + str(n) for n in range(7)]},
    ):  # fmt: skip
        with pytest.raises(NoticeRefused):
            choose(city.officer, **{**fits, **wrong})
