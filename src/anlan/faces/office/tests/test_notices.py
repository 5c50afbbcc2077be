"""The pages of notices: the bell, the list with its filters, marking as read, the file, and nobody else's."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.notices import Notice, unread_count
from anlan.kernel.notices.chosen import Absence
from anlan.kernel.notices.leaving import Outward

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(city: Any) -> Any:
    """Give a signed-in browser of somebody."""
    Account.objects.update(is_demo=True)  # else officers would first have to enrol their second factor

    def signed_in(who: Any) -> Client:
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(Account.objects.get(pk=who.account_id))
        return client

    return signed_in


def test_the_bell_counts_what_is_new_and_the_list_shows_it(city: Any, door: Any) -> None:
    danger = city.reports()
    officer = door(city.officer)
    assert '<span class="bubble">1</span>' in officer.get("/bell").content.decode()
    body = officer.get("/notices/").content.decode()
    assert danger.number in body
    assert danger.title() in body
    assert "全部标为已读" in body
    assert danger.number not in door(city.far_officer).get("/notices/").content.decode()


def test_the_number_on_the_bell_is_that_of_the_list_it_opens(city: Any, door: Any) -> None:
    for _ in range(3):
        city.reports()
    officer, long_ago = door(city.officer), clock.now() - timedelta(days=31)
    old, read, _ = Notice.objects.filter(party=city.bureau)
    Notice.objects.filter(pk=old.pk).update(made_at=long_ago)
    assert officer.get("/api/v1/notices/new").json() == {"unread": 2}

    def number_and_list() -> tuple[str, int]:
        body = officer.get("/notices/").content.decode()
        (opens,) = re.findall(r'href="([^"]*)" id="bell"', body)
        (number,) = re.findall(r'<span class="bubble">(\d+)</span>', officer.get("/bell").content.decode())
        return number, officer.get(opens).content.decode().count('class="notice new"')

    assert number_and_list() == ("2", 2)
    officer.post("/notices/read", {"id": [str(read.pk)]})
    assert number_and_list() == ("1", 1)
    older = officer.get("/notices/?unread=older").content.decode()
    assert (older.count("data-row>"), old.number in older) == (1, True)
    assert officer.get("/notices/?unread=1&unread=older").content.decode().count("data-row>") == 2


def test_opening_a_notice_reads_it_and_leads_to_its_matter(city: Any, door: Any) -> None:
    danger = city.reports()
    told = Notice.objects.get(party=city.bureau)
    officer = door(city.officer)
    answer = officer.get(f"/notices/{told.pk}/open")
    assert answer.headers["Location"] == f"/hidden-dangers/{danger.pk}/"
    assert unread_count(city.officer) == 0
    assert officer.get("/notices/?unread=1").content.decode().count("data-row>") == 0
    assert door(city.far_officer).get(f"/notices/{told.pk}/open").status_code == 404


def test_marking_one_and_marking_all(city: Any, door: Any) -> None:
    for _ in range(3):
        city.reports()
    officer = door(city.officer)
    first = Notice.objects.filter(party=city.bureau).first()
    assert first is not None
    officer.post("/notices/read", {"id": [str(first.pk)]})
    assert unread_count(city.officer) == 2
    officer.post("/notices/read", {"all": "1"})
    assert unread_count(city.officer) == 0
    assert unread_count(city.safety_officer) == 3
    assert officer.post("/notices/read", {"id": ["x"]}).status_code == 404
    assert officer.get("/notices/read").status_code == 405


@pytest.mark.parametrize(
    "query",
    ["?kind=nonsense", "?made_at_from=gestern", "?unread=7", "?after=!!", "?sort=zh", "?size=3", "?q=%00"],
)
def test_a_wrong_filter_is_answered_in_words(city: Any, door: Any, query: str) -> None:
    assert door(city.officer).get(f"/notices/{query}").status_code in {200, 400}


def test_search_filter_and_file_agree(city: Any, door: Any) -> None:
    city.reports()
    danger = city.reports()
    officer = door(city.officer)
    assert officer.get(f"/notices/?q={danger.number}").content.decode().count("data-row>") == 1
    assert officer.get("/notices/?kind=overdue").content.decode().count("data-row>") == 0
    file = load_workbook(io.BytesIO(officer.get(f"/notices/export?q={danger.number}").content))
    rows = list(file.active.values)
    assert len(rows) == 2
    assert rows[1][2] == danger.number


def test_more_notices_and_messages_than_a_page_holds_are_paged_and_counted(city: Any, door: Any) -> None:
    for _ in range(21):
        city.reports()
    body = door(city.officer).get("/notices/?size=20").content.decode()
    assert (body.count("data-row>"), "<b>21</b>" in body) == (20, True)
    person, now = Account.objects.get(pk=city.officer.account_id).person, clock.now()
    for _ in range(21):
        Outward.objects.create(
            channel="mail",
            sort="instant",
            state="sent",
            target=person.pk,
            person=person,
            made_at=now,
            next_at=now,
        )
    answer = door(city.officer).get("/notices/outward/?size=20")
    assert (answer.status_code, "<b>21</b>" in answer.content.decode()) == (200, True)


def test_the_api_tells_the_same(city: Any, door: Any) -> None:
    danger = city.reports()
    officer = door(city.officer)
    assert officer.get("/api/v1/notices/new").json() == {"unread": 1}
    (item,) = officer.get("/api/v1/notices?unread=1").json()["items"]
    assert (item["number"], item["matter"], item["is_read"]) == (danger.number, str(danger.pk), False)
    send = {"content_type": "application/json"}
    assert officer.post("/api/v1/notices/read", {"ids": [item["id"]]}, **send).json() == {"marked": 1}
    assert officer.post("/api/v1/notices/read", {"ids": ["x"]}, **send).status_code == 422
    assert officer.post("/api/v1/notices/read", {"all": True}, **send).json() == {"marked": 0}
    assert door(city.far_officer).get("/api/v1/notices").json()["items"] == []


def test_every_page_bears_the_number_of_what_is_new_also_on_behalf_of_somebody(city: Any, door: Any) -> None:
    officer, other = door(city.officer), door(city.far_officer)
    bubble = '<span class="bubble">1</span>'
    assert bubble not in officer.get("/enterprises/").content.decode()
    city.reports()
    assert bubble in officer.get("/enterprises/").content.decode()
    assert bubble not in other.get("/enterprises/").content.decode()
    today = clock.today()
    Absence.objects.create(
        person_id=city.officer.person_id, substitute_id=city.far_officer.person_id, since=today, until=today,
        made_at=clock.now(),
    )  # fmt: skip
    assert bubble in other.get("/enterprises/").content.decode()
    Absence.objects.update(ended_at=clock.now())
    assert bubble not in other.get("/enterprises/").content.decode()
