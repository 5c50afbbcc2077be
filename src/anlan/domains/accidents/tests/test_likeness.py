"""Accidents brought in twice are counted once: the same name, day and place are held back, two enterprises are two."""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from anlan.domains.accidents.models import AccidentRecord
from anlan.kernel import clock, jobs
from anlan.kernel.identity.models import Account
from anlan.kernel.jobs import working
from anlan.kernel.registers import archive
from anlan.kernel.spreadsheets import Export, importing, write_export

HEAD = "事故名称,发生日期,所在地,发生单位（已登记的企业）,统计类别,死亡人数"
PLACE = "南关区/南岭街道/测试社区"


def brought(city: Any, lines: list[str], **plan: Any) -> tuple[dict[str, int], Any]:
    content = "\r\n".join(lines).encode()
    found = importing.receive(city.officer, "accidents", io.BytesIO(content), "事故.csv")
    importing.replan(city.officer, found.pk, {"constants": {"sector": "work_safety"}, **plan})
    task = importing.run(city.officer, found.pk)
    working.work()
    task.refresh_from_db()
    found.refresh_from_db()
    assert task.state == jobs.models.DONE, task.note
    return found.counts, task


def line(city: Any, name: str = "“3·1”触电事故", day: str = "2026-03-01", firm: str = "") -> str:
    return f"{name},{day},{PLACE},{firm},工贸及其他工商业,1"


def test_a_table_brought_in_twice_adds_nothing_the_second_time(city: Any) -> None:
    lines = [
        HEAD,
        *[line(city, firm=city.workshop.name)] * 2,
        line(city, day="2026/2/1"),
        line(city, name="坍塌（边坡）事故"),
    ]
    assert brought(city, lines)[0] == {"created": 3, "alike": 1}
    counts, task = brought(city, lines)
    assert counts == {"alike": 4}
    assert "疑似重复 4 条" in str(task.note_words)
    assert brought(city, lines[:2], anyway=True)[0] == {"created": 1}


def test_two_enterprises_are_two_accidents_and_what_is_archived_holds_back_none(city: Any) -> None:
    firms = [city.workshop, city.enterprise("另一机械厂", city.village, "3489", 77)]
    lines = [HEAD, *(line(city, firm=firm.name) for firm in firms)]
    assert brought(city, lines)[0] == {"created": 2}
    assert brought(city, [HEAD, line(city)])[0] == {"alike": 1}
    for row in AccidentRecord.seen_by(city.officer):
        archive(AccidentRecord, row.pk, city.officer, "重复登记")
    assert brought(city, [HEAD, line(city)])[0] == {"created": 1}


def test_two_units_told_by_name_are_two_accidents_however_the_name_is_spelt(city: Any) -> None:
    head = HEAD.replace("发生单位（已登记的企业）", "发生单位名称")
    units = ["测试一建有限公司", "测试二建有限公司"]
    assert brought(city, [head, *(line(city, firm=unit) for unit in units)])[0] == {"created": 2}
    others = ["测试三建", "长春市测试一建有限责任公司", "測試二建（公司）", ""]
    assert brought(city, [head, *(line(city, firm=unit) for unit in others)])[0] == {"created": 1, "alike": 3}
    spelt = ["长春测试四建", "长春市测试四建公司", "长春测试四建第三项目部", "测试五建"]
    assert brought(city, [head, *(line(city, firm=unit) for unit in spelt)])[0] == {"created": 2, "alike": 2}


def test_an_export_of_our_own_adds_no_second_copy(city: Any, tmp_path: Path) -> None:
    brought(city, [HEAD, line(city, firm=city.workshop.name), line(city, name="坍塌事故")])
    path = tmp_path / "a.csv"
    write_export(Export("accidents", {}, None, "csv"), path, lambda _count: city.officer)
    with path.open("rb") as stream:
        found = importing.receive(city.officer, "accidents", stream, path.name)
    importing.run(city.officer, found.pk)
    working.work()
    found.refresh_from_db()
    assert found.counts == {"alike": 2}


# --- entered by hand


def signed_in(actor: Any) -> Client:
    account = Account.objects.get(pk=actor.account_id)
    if not account.totp_confirmed_at:
        account.totp_confirmed_at = clock.now()
        account.save(update_fields=["totp_confirmed_at"])
    client = Client()
    client.force_login(account)
    return client


def entry(city: Any, **more: str) -> dict[str, str]:
    return {"name": "“3·1”触电事故", "occurred_on": "2026-03-01", "territory": str(city.village.pk), "sector": "work_safety",
            "counted_class": "industry_trade", "confidence": "sourced", "deaths": "1", **more}  # fmt: skip


def standing(count: int) -> bool:
    return AccidentRecord.unscoped("test").count() == count


def test_an_accident_entered_by_hand_is_told_of_one_alike_and_stands_when_confirmed(city: Any) -> None:
    client, page = signed_in(city.officer), reverse("office:new", args=["accidents"])
    assert client.post(page, entry(city)).status_code == 302
    row = AccidentRecord.seen_by(city.officer).get()
    answer = client.post(page, entry(city, deaths="2"))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert reverse("office:detail", args=["accidents", row.pk]) in shown
    assert 'name="anyway"' in shown
    assert standing(1)
    key = str(uuid.uuid4())
    for _ in range(2):
        assert client.post(page, entry(city, anyway="true", key=key)).status_code == 302
    assert standing(2)


@pytest.mark.parametrize("other", [
    {"occurred_on": "2026-03-02"}, {"occurred_on": "那天"}, {"name": "坍塌事故"}, {"territory": "OTHER"}, {"territory": "x"},
    {"territory": "99"}, {"name": "\x00"}, {"unit_name": "测试二建"},
])  # fmt: skip
def test_what_differs_or_is_wrong_is_like_nothing(city: Any, other: dict[str, str]) -> None:
    client, page = signed_in(city.officer), reverse("office:new", args=["accidents"])
    client.post(page, entry(city, unit_name="测试一建"))
    sent = {**entry(city), **other}
    if sent["territory"] == "OTHER":
        sent["territory"] = str(city.other_village.pk)
    assert 'name="anyway"' not in client.post(page, sent).content.decode()


def test_of_one_of_another_sector_only_that_it_stands_is_told_to_who_acts_there(city: Any) -> None:
    page = reverse("office:new", args=["accidents"])
    signed_in(city.officer).post(page, entry(city, narrative="不外传的经过"))
    row = AccidentRecord.unscoped("test").get()
    assert not AccidentRecord.seen_by(city.industry_officer).exists()
    given = entry(city, sector="housing_construction")
    shown = signed_in(city.industry_officer).post(page, given).content.decode()
    assert "管辖范围之外" in shown
    assert str(row.pk) not in shown
    assert row.narrative not in shown
    assert 'name="anyway"' in shown
    (told,) = AccidentRecord.likenesses(city.officer, {**given, "territory": city.village.code})
    assert told.row == row
    for stranger in (city.far_officer, city.safety_officer, city.worker):
        assert AccidentRecord.likenesses(stranger, given) == []
