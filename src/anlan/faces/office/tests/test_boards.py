"""No number without rows: every figure on the boards opens a list of exactly as many rows, for every role."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.indicators import indicators, rolling
from anlan.kernel.indicators.boards import boards
from anlan.kernel.indicators.lists import list_of
from anlan.kernel.loops.awaiting import counts
from anlan.kernel.loops.declaration import loop_named

ROLES = ("city_leader", "officer", "industry_officer", "grid_inspector", "safety_officer")
PAGES = ("/", "/brief/", "/boards/dangers/", "/boards/dangers/?period=year", "/indicators/?period=month")
LINKED = re.compile(r'<a(?: class="[^"]*")? href="(/[a-z-]+/\?[^"]*)">(?:\s*<span class="figure-name">.*?</span>\s*<span class="figure-value">)?([\d,.—]+)', re.S)  # fmt: skip  # noqa: E501


def client_of(actor: Any) -> Client:
    """A browser signed in as somebody."""
    client = Client(headers={"accept-language": "zh-hans"})
    account = Account.objects.get(pk=actor.account_id)
    Account.objects.filter(pk=account.pk).update(is_demo=True)
    client.force_login(account)
    return client


@pytest.fixture
def busy(city: Any) -> Any:
    """Some weeks of work on both sides of the city."""
    first = city.reports(by=city.officer)
    city.reports(by=city.safety_officer, topic="electrical")
    city.reports(by=city.far_officer, at=city.far_shop)
    city.step(first, "grade_major", city.officer, criteria="industry_trade", criterion="3.2")
    city.clock.to(clock.today() + timedelta(days=25))
    city.reports(by=city.grid_inspector, topic="gas")
    return city


@pytest.mark.parametrize(("is_rolled", "roles"), [(False, ROLES[-2:]), (True, ROLES)])
def test_every_figure_opens_as_many_rows_as_it_says(
    busy: Any, is_rolled: bool, roles: tuple[str, ...]
) -> None:
    if is_rolled:
        rolling.roll_up()
    seen = 0
    for role in roles:
        actor = getattr(busy, role)
        client = client_of(actor)
        for address in PAGES:
            answer = client.get(address)
            assert answer.status_code == 200, (role, address)
            for url, text in LINKED.findall(answer.content.decode()):
                seen += is_count(text, url) and opens(actor, url, text, f"{role} {address}")
    assert seen > 50


def is_count(text: str, url: str) -> bool:
    # Requirements of the policy are no rows; that their counts open as many has a test of its own below.
    return "." not in text and text != "—" and not url.startswith("/policy/")


def opens(actor: Any, url: str, text: str, where: str) -> bool:
    """Say that the list behind a link has as many rows as the link says."""
    parts = urlsplit(url.replace("&amp;", "&"))
    params = {name: tuple(values) for name, values in parse_qs(parts.query).items()}
    if parts.path == "/inbox/":
        rows = counts(actor)[params["group"][0]]
    else:
        rows = list_of(parts.path.strip("/")).listing(actor).filtered(params).count()
    assert rows == int(text.replace(",", "")), f"{where}: {url} says {text}, shows {rows}"
    return True


def test_every_matter_of_a_board_is_in_the_first_stage_of_its_funnel() -> None:
    """Else the funnel begins with fewer than the figure above it says were found."""
    for board in boards():
        loop = loop_named(board.of)
        assert loop is not None
        assert set(board.stages[0].states) == set(loop.states), board.slug
        for before, after in pairwise(board.stages):
            assert set(after.states) < set(before.states), (board.slug, after.words.zh)


def test_every_indicator_has_its_page(busy: Any) -> None:
    client = client_of(busy.city_leader)
    for one in indicators():
        answer = client.get(f"/indicators/{one.slug}/?period=quarter")
        assert answer.status_code == 200
        assert one.words.zh in answer.content.decode()
    assert client.get("/indicators/no-such/").status_code == 404
    assert client.get("/boards/no-such/").status_code == 404
    assert client.get("/boards/dangers/?period=age").status_code == 200


def test_a_rate_by_yearly_figures_is_read_by_the_year_alone(busy: Any) -> None:
    text = client_of(busy.city_leader).get("/indicators/deaths-per-gdp/?period=month").content.decode()
    assert "历年怎么变化" in text
    assert "今年" in text
    for other in ("近12个月", "近30天", "本月", "× 1<"):
        assert other not in text


def test_coverage_of_the_policy_is_among_the_indicators(busy: Any) -> None:
    client = client_of(busy.city_leader)
    groups = {str(words): rows for words, rows in client.get("/indicators/").context["groups"]}
    shown = groups["政策要求"]
    assert {one.slug for one, _, _ in shown} == {
        "policy-realised", "policy-partly", "policy-not-yet", "policy-no-software",
    }  # fmt: skip
    total = 0
    for one, found, url in shown:
        assert client.get(url).context["count"] == found.rows, one.slug
        page = client.get(f"/indicators/{one.slug}/")
        assert page.context["figure"].url == url
        assert page.context["charts"] == [], "it is the same in every place and has no past"
        total += found.rows
        said = client.get(f"/api/v1/indicators/{one.slug}").json()["measured"]
        assert said["rows"] == len(client.get(said["list"]).json()["requirements"]) == found.rows
    assert total == client.get("/policy/").context["whole"].total
    below = client.get("/indicators/policy-realised/").context
    assert client.get(below["below_url"]).context["count"] == int(below["measured"].base)


def test_a_province_reads_the_coverage_of_the_policy_too(city: Any, settings: Any) -> None:
    settings.ANLAN_PROVINCE = ("changchun",)
    said = client_of(city.city_leader).get("/api/v1/indicators/policy-realised").json()["measured"]
    assert said["value"] is not None


def test_a_province_shows_no_figures_of_its_own(city: Any, settings: Any) -> None:
    settings.ANLAN_PROVINCE = ("changchun",)
    client = client_of(city.city_leader)
    for address in ("/boards/dangers/", "/brief/", "/indicators/", "/indicators/dangers-open/"):
        assert client.get(address).headers["Location"] == "/province"
    assert "隐患看板" not in client.get("/profile/").content.decode()
    said = client.get("/api/v1/indicators/dangers-open").json()["measured"]
    assert said["value"] is None
    assert "各市对比" in str(said["unknown"])


def test_the_brief_names_the_red_items(busy: Any) -> None:
    text = client_of(busy.officer).get("/brief/").content.decode()
    assert "逾期的重大隐患" in text
    assert "安全出口被货物堵塞" in text


def test_programs_read_figures_within_their_scope(busy: Any) -> None:
    rolling.roll_up()
    near = client_of(busy.officer).get("/api/v1/indicators/dangers-open?period=quarter").json()
    far = client_of(busy.far_officer).get("/api/v1/indicators/dangers-open?period=quarter").json()
    assert (near["measured"]["rows"], far["measured"]["rows"]) == (3, 1)
    everything = client_of(busy.city_leader).get("/api/v1/indicators").json()["items"]
    assert len(everything) == len(list(indicators()))
    past = client_of(busy.city_leader).get("/api/v1/indicators/dangers-found/series?count=3").json()["items"]
    assert [one["rows"] for one in past] == [0, 0, 4]
    listed = client_of(busy.officer).get(near["measured"]["list"]).json()
    assert listed["count"] == 3
    assert (
        client_of(busy.officer)
        .get("/api/v1/indicators?territory=220182")
        .json()["items"][0]["measured"]["rows"]
        == 0
    )
    assert client_of(busy.officer).get("/api/v1/indicators?period=age").status_code == 422


@pytest.mark.parametrize("is_rolled", [False, True])
def test_the_ages_of_what_is_overdue_sum_up_to_the_figure_what_fell_due_today_included(
    busy: Any, is_rolled: bool
) -> None:
    rows = HiddenDanger.unscoped("moved by a test").filter(closed_at=None).order_by("number")
    due = (timedelta(hours=1), timedelta(days=3), timedelta(days=200))
    for row, ago in zip(rows, due, strict=False):
        rows.filter(pk=row.pk).update(due_at=clock.now() - ago, paused_at=None)
    assert clock.now().astimezone(clock.CHINA).hour >= 1
    if is_rolled:
        rolling.recompute()
    page = client_of(busy.city_leader).get("/boards/dangers/")
    [chart] = [one for one in page.context["charts"] if one.slug == "ages"]
    values = [row.values[0] for row in chart.rows]
    name = str(page.context["board"].late.words)
    [late] = [one for one in page.context["figures"] if str(one.name) == name]
    assert [value.number for value in values[:2]] == ["1", "1"]
    assert sum(int(value.number) for value in values) == int(str(late.value)) >= 3
    listed = list_of(page.context["board"].of)
    for value in values:
        found = listed.rows(busy.city_leader, parse_qs(urlsplit(value.url).query)).count() if value.url else 0
        assert found == int(value.number)
