"""Open figures: sums of the whole city that anyone may read; no row, no name, and nothing that is not declared open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from anlan.faces.public.figures import KEPT_SECONDS
from anlan.faces.public.limiting import READS, door
from anlan.kernel.clock import today
from anlan.kernel.clock.periods import year
from anlan.kernel.indicators import figures, indicator_named, indicators, rolling
from anlan.kernel.registers import create

pytestmark = pytest.mark.django_db


def test_anyone_reads_the_open_figures_of_the_city_and_no_other(city: Any, client: Client) -> None:
    for _ in range(3):
        city.reports(by=city.officer, description="安全出口堵塞")
    city.reports(by=city.far_officer, at=city.far_shop)
    while rolling.roll_up():
        pass
    response = client.get("/figures/")
    shown = response.content.decode()
    assert response.status_code == 200
    lines = {line.indicator.slug: line for line in response.context["reading"].lines}
    assert set(lines) == {one.slug for one in indicators() if one.is_open}
    one = indicator_named("dangers-found")
    assert one is not None
    seen = figures([one], city.city_leader, year(today()), None)[one.slug]
    assert (lines[one.slug].figure.value, seen.rows) == ("4", 4)
    assert lines[one.slug].months[-1] == "4"
    assert lines[one.slug].figure.url == "/indicators/dangers-found/?period=year", (
        "the very figure that is shown"
    )
    for secret in ("安全出口", city.workshop.name, city.far_shop.name, "/hidden-dangers/?"):
        assert secret not in shown
    assert client.get("/indicators/dangers-found/").status_code == 302


def test_rows_about_persons_are_not_counted_for_the_public(city: Any, client: Client) -> None:
    from anlan.domains.hidden_dangers.models import HiddenDanger
    from anlan.kernel.scope.actor import CONFIDENTIAL

    city.reports(by=city.officer)
    secret = city.reports(by=city.officer)
    HiddenDanger.unscoped("a test").filter(pk=secret.pk).update(sensitivity=CONFIDENTIAL)
    rolling.recompute()
    lines = {line.indicator.slug: line for line in client.get("/figures/").context["reading"].lines}
    assert lines["dangers-found"].figure.value == "1"


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "由 2 起事故相加"), ("en", "Accidents added up: 2")]
)
def test_a_sum_says_over_how_many_accidents_it_was_added_up(
    city: Any, client: Client, language: str, words: str
) -> None:
    from anlan.domains.accidents.models import AccidentRecord

    for deaths in ("3", "1"):
        data = {"name": f"事故{deaths}", "occurred_on": f"{today():%Y}-01-01", "territory": str(city.village.pk),
                "deaths": deaths, "sector": "work_safety", "counted_class": "industry_trade",
                "confidence": "sourced"}  # fmt: skip
        create(AccidentRecord, city.officer, data)
    rolling.recompute()
    response = client.get("/figures/", headers={"accept-language": language})
    lines = {line.indicator.slug: line.figure for line in response.context["reading"].lines}
    assert lines["accident-deaths"].value == "4"
    assert response.content.decode().count(words) == 1, (
        "said of the sum alone, not of the number of accidents"
    )


def test_a_province_has_none_of_its_own(city: Any, client: Client, settings: Any) -> None:
    settings.ANLAN_PROVINCE = ("changchun",)
    response = client.get("/figures/")
    assert response.context["reading"] is None
    assert "省级不存各市的记录" in response.content.decode()
    assert "全市的合计数" not in response.content.decode()


def test_a_crowd_is_told_what_was_read_within_the_minute_and_as_of_when(
    city: Any, client: Client, django_assert_max_num_queries: Any
) -> None:
    city.reports(by=city.officer)
    first = client.get("/figures/").context["reading"]
    city.reports(by=city.officer)
    with django_assert_max_num_queries(4):
        again = client.get("/figures/")
    assert again.context["reading"] is first
    assert "60 秒内不变" in again.content.decode()
    rolling.recompute()
    city.clock.forward(timedelta(seconds=KEPT_SECONDS))
    anew = client.get("/figures/").context["reading"]
    assert {line.indicator.slug: line.figure.value for line in anew.lines}["dangers-found"] == "2"
    assert anew.read_at > first.read_at


def test_what_is_kept_is_kept_by_language(city: Any) -> None:
    said, formulas = {}, {}
    for language in ("zh-CN", "en", "zh-CN", "en"):
        answer = Client().get("/figures/", headers={"Accept-Language": language})
        said[language] = answer.content.decode()
        formulas[language] = answer.context["reading"].lines[0].formula
    assert "在期间内的条数" in formulas["zh-CN"]
    assert not any("\u4e00" <= char <= "\u9fff" for char in formulas["en"])
    assert "does not change for 60 seconds" in said["en"]


def test_one_address_opens_them_so_often_and_is_told_how_long_to_wait(city: Any) -> None:
    door.forget()
    for _ in range(READS.most):
        assert Client(REMOTE_ADDR="10.0.9.1").get("/figures/").status_code == 200
    refused = Client(REMOTE_ADDR="10.0.9.1").get("/figures")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= READS.seconds
    assert "秒后再打开" in refused.content.decode()
    assert "确认" not in refused.content.decode(), "nobody confirmed anything here"
    assert Client(REMOTE_ADDR="10.0.9.2").get("/figures/").status_code == 200
    door.forget()
