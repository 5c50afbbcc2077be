"""The first rows of a file are held to every check of the run before it runs, and nothing is written."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.spreadsheets import importing
from anlan.kernel.spreadsheets.tests.brought import HEAD, TOPIC, bring, done, firm
from anlan.kernel.spreadsheets.trying import MOST, tried

pytestmark = pytest.mark.django_db
WRONG = [
    firm(801), firm(802, code="123"), firm(803, place="没有这个地方"), firm(801, name="同码厂"), firm(805, name=""),
    firm(806, ammonia="也许"), firm(807),
]  # fmt: skip


def counts() -> dict[str, int]:
    return {
        model._meta.label: model._base_manager.count() for model in apps.get_models(include_auto_created=True)
    }


def last_number() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value, is_called FROM matter_number")
        return cursor.fetchone()


def test_what_is_tried_is_what_the_run_says_and_nothing_is_written(city: Any) -> None:
    twin = firm(808, name=city.workshop.name)  # held back as a likely duplicate
    found = bring(city.officer, [HEAD, *WRONG, twin])
    before = counts()
    answer = tried(city.officer, found)
    assert counts() == before
    assert answer is not None
    assert answer.rows == 8
    told = {one.number: (one.outcome, one.reasons) for one in answer.refused}
    assert set(told) == {3, 4, 5, 6, 7, 9}
    done(city.officer, found)
    rows = found.outcomes.filter(outcome__in=("wrong", "alike"))
    assert told == {row.number: (row.outcome, row.reasons) for row in rows}


def test_matters_are_tried_without_taking_numbers(city: Any) -> None:
    head, firm_name = ["企业", "类别", "隐患描述", "发现日期"], city.workshop.name
    rows = [[firm_name, TOPIC, "通道堵塞", "2026-03-01"], [firm_name, "没有的类别", "x", "明天"]]
    found = bring(city.officer, [head, *rows], "hidden-dangers")
    before = counts(), last_number()
    answer = tried(city.officer, found)
    assert (counts(), last_number()) == before
    done(city.officer, found)
    assert answer is not None
    wrong = found.outcomes.filter(outcome="wrong")
    assert {one.number: one.reasons for one in answer.refused} == {row.number: row.reasons for row in wrong}
    assert [one.number for one in answer.refused] == [3]


def test_only_the_first_rows_are_tried_and_soon(city: Any) -> None:
    found = bring(city.officer, [HEAD, *(firm(n) for n in range(1000, 1300))])
    begun = monotonic()
    answer = tried(city.officer, found)
    assert monotonic() - begun < 2
    assert answer is not None
    assert 0 < answer.rows <= MOST
    assert not answer.refused
    assert Enterprise.unscoped("a test counts").filter(name__startswith="长春第1").count() == 0


def test_the_preview_says_which_rows_would_not_go_in(city: Any) -> None:
    account = Account.objects.get(pk=city.officer.account_id)
    account.totp_confirmed_at = clock.now()  # officials need a second factor
    account.save(update_fields=["totp_confirmed_at"])
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(account)
    found = bring(city.officer, [HEAD, *WRONG])
    at = reverse("office:import", args=[found.pk])
    page = client.get(at).content.decode()
    assert "核对了前 7 行，其中 5 行不能导入。" in page
    assert "统一社会信用代码应为18位" in page
    well = bring(city.officer, [HEAD, firm(820)])
    at = reverse("office:import", args=[well.pk])
    assert "核对了前 1 行，都能导入。" in client.get(at).content.decode()
    plan = {f"column_{name}": str(place) for name, place in well.plan["fields"].items()}
    del plan["column_industry"]
    refused = client.post(at, {**plan, "act": "plan"})
    assert (refused.status_code, "核对了前" in refused.content.decode()) == (422, False)
    unmapped = bring(city.officer, [["甲", "乙"], ["某厂", "1"]])
    assert tried(city.officer, importing.import_of(city.officer, unmapped.pk)) is None
    assert client.get(reverse("office:import", args=[unmapped.pk])).status_code == 200
    at = reverse("office:import", args=[well.pk])
    well.path.write_bytes(b"PK, and nothing of a workbook")
    assert client.get(at).status_code == 200
    well.path.unlink()
    assert client.get(at).status_code == 200, "its rows cannot be tried; what was read of it is still shown"
