"""A province keeps no rows: its figures open in the cities that make them, its lists and map lead there and say so."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.indicators import figure, indicator_named, rolling

pytestmark = pytest.mark.django_db

AT = "https://changchun.example"
MEMBERS = (
    {"code": "2201", "pack": "changchun", "address": ""},
    {"code": "2299", "pack": "nowhere", "address": ""},
)


@pytest.fixture
def province(city: Any, settings: Any) -> Client:
    """The officer of a province whose one city has a page of its own."""
    city.reports(by=city.officer)
    rolling.recompute()
    rolling.roll_up()
    settings.ANLAN_PROVINCE = MEMBERS
    settings.ANLAN_CITY_SCHEMAS = {"changchun": "public"}
    settings.ANLAN_CITY_ADDRESSES = {"changchun": f"{AT}/"}
    bureau = city.department("吉林省应急管理厅", city.province, "work_safety")
    officer = city.person("province_officer", bureau)
    Account.objects.update(is_demo=True)  # else officers would first have to enrol their second factor
    client = Client()
    client.force_login(Account.objects.get(pk=officer.account_id))
    return client


def test_each_figure_opens_the_same_indicator_of_its_city(city: Any, province: Client, settings: Any) -> None:
    answer = province.get("/province?period=month")
    cells = [cell for one in answer.context["comparisons"] for row in one.rows for cell in row.cells]
    found = next(cell for cell in cells if str(cell.label) == "发现隐患")
    assert found.url == f"{AT}/indicators/dangers-found/?period=month"
    assert f'href="{found.url}"' in answer.content.decode()
    assert all(cell.url for cell in cells if cell.text != "—")
    settings.ANLAN_PROVINCE = ()
    one = indicator_named("dangers-found")
    assert one is not None
    there = figure(one, city.city_leader, clock.month(clock.today()))
    assert found.text == there.text == "1"
    client = Client()
    client.force_login(Account.objects.get(pk=city.city_leader.account_id))
    opened = client.get(found.url.removeprefix(AT))
    assert opened.context["figure"].value == found.text
    assert len(client.get(opened.context["figure"].url).context["lines"]) == 1


def test_where_a_city_answers_is_not_known_the_page_says_so(province: Client, settings: Any) -> None:
    settings.ANLAN_CITY_ADDRESSES = {"changchun": "javascript:alert(1)"}
    answer = province.get("/province")
    assert answer.context["unopened"] == "长春市"
    assert "没有登记平台网址" in answer.content.decode()
    assert "javascript" not in answer.content.decode()
    settings.ANLAN_PROVINCE = ({**MEMBERS[0], "address": "https://said-in-the-pack.example"},)
    assert "https://said-in-the-pack.example/indicators/" in province.get("/province").content.decode()


@pytest.mark.parametrize("path", ["/map/", "/hidden-dangers/", "/enterprises/"])
def test_lists_and_map_lead_to_the_cities_instead_of_being_empty(
    city: Any, province: Client, path: str
) -> None:
    from anlan.domains.enterprises.models import Enterprise
    from anlan.domains.hidden_dangers.models import HiddenDanger

    for model in (HiddenDanger, Enterprise):  # as in a province's own schema: there are none
        model.unscoped("a test empties a province").update(sensitivity=90)
    said = province.get(path).content.decode()
    assert "省级只读各市的汇总数" in said
    assert f'href="{AT}{path}"' in said
    english = province.get(path, headers={"Accept-Language": "en"}).content.decode()
    assert "Changchun" in english or "长春市" in english
    assert "keeps no records" in english
