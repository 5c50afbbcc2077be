"""Open figures: sums of the whole city that anyone may read; no row, no name, and nothing that is not declared open."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from anlan.kernel.clock import today
from anlan.kernel.clock.periods import year
from anlan.kernel.indicators import figures, indicator_named, indicators, rolling

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
    lines = {line.indicator.slug: line for line in response.context["lines"]}
    assert set(lines) == {one.slug for one in indicators() if one.is_open}
    one = indicator_named("dangers-found")
    assert one is not None
    seen = figures([one], city.city_leader, year(today()), None)[one.slug]
    assert (lines[one.slug].figure.value, seen.rows) == ("4", 4)
    assert lines[one.slug].months[-1] == "4"
    assert lines[one.slug].figure.url == "/indicators/dangers-found/"
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
    lines = {line.indicator.slug: line for line in client.get("/figures/").context["lines"]}
    assert lines["dangers-found"].figure.value == "1"


def test_a_province_has_none_of_its_own(city: Any, client: Client, settings: Any) -> None:
    settings.ANLAN_PROVINCE = ("changchun",)
    assert client.get("/figures/").context["lines"] == []
