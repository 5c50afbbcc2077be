"""The page of the policy: open to anyone, filtered, exported; figures only for who signed in, and only of their scope."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from anlan.kernel.identity.models import Account
from anlan.policy.catalogue import all_clauses, articles
from anlan.policy.coverage import coverage, standings

pytestmark = pytest.mark.django_db


def signed_in(actor: Any) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    account = Account.objects.get(pk=actor.account_id)
    Account.objects.filter(pk=account.pk).update(is_demo=True)
    client.force_login(account)
    return client


def text(response: Any) -> str:
    assert response.status_code == 200, response.content[:500]
    return str(response.content.decode())


def rows_of(response: Any) -> set[str]:
    return {row.standing.clause.key for group in response.context["groups"] for row in group.rows}


def test_a_stranger_reads_every_requirement_without_figures(client: Client) -> None:
    response = client.get("/policy/")
    shown = text(response)
    assert rows_of(response) == set(all_clauses())
    assert all(f'id="{key}"' in shown for key in all_clauses())
    assert all(f'id="{article.key}"' in shown for article in articles())
    assert "clause-live" not in shown
    assert client.get("/policy").status_code == 200


def test_figures_are_those_of_the_reader_s_own_scope(city: Any) -> None:
    city.reports()
    for actor, number in ((city.officer, "1"), (city.far_officer, "0")):
        response = signed_in(actor).get("/policy/?q=A15.11")
        (row,) = [row for group in response.context["groups"] for row in group.rows]
        (live,) = [one.live for one in row.by if (one.name.kind, one.name.name) == ("loop", "hidden-dangers")]
        assert live is not None
        assert live.value == number


def test_a_province_says_no_nought_of_what_it_does_not_keep(city: Any, settings: Any) -> None:
    assert "在册" in text(signed_in(city.city_leader).get("/policy/"))
    settings.ANLAN_PROVINCE = ("changchun",)
    shown = text(signed_in(city.city_leader).get("/policy/"))
    assert "在册" not in shown


def clause(key: str) -> Any:
    return all_clauses()[key]


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("state=none", lambda key, one: one.state == "none"),
        ("state=realised&state=partly", lambda key, one: one.state in {"realised", "partly"}),
        ("q=双报告", lambda key, one: key == "A15.13"),
        ("q=a15.13", lambda key, one: key == "A15.13"),
        ("actor=media&type=disclosure", lambda key, one: "media" in clause(key).actors and "disclosure" in clause(key).types),
        ("kind=duty", lambda key, one: any(n.kind == "duty" for n in one.by)),
        ("q=没有这样的词", lambda key, one: False),
    ],
)  # fmt: skip
def test_filters_and_search_choose(client: Client, query: str, fits: Callable[[str, Any], bool]) -> None:
    response = client.get(f"/policy/?{query}")
    # Counted after the page: what realises a clause is known once every page of every domain is.
    wanted = {key for key, one in standings().items() if fits(key, one)}
    assert rows_of(response) == wanted
    assert response.context["count"] == len(wanted)


@pytest.mark.parametrize(
    "odd", ["state=x", "part=99", "q=%00", "actor=%F0%9F", "q=" + "x" * 3000, "kind=&kind=a"]
)
def test_odd_questions_never_break_it(client: Client, odd: str) -> None:
    assert client.get(f"/policy/?{odd}").status_code in {200, 400}


def test_the_export_holds_the_filtered_table(client: Client) -> None:
    whole = load_workbook(io.BytesIO(client.get("/policy/export").content)).active
    assert whole.max_row == 1 + len(all_clauses())
    some = load_workbook(io.BytesIO(client.get("/policy/export?q=A15.13").content)).active
    values = [cell.value for cell in some[2]]
    assert some.max_row == 2
    assert values[0] == "A15.13"
    assert "已实现" in values


def test_the_api_gives_the_same_counts(client: Client) -> None:
    said = client.get("/api/v1/policy").json()
    whole = coverage(standings().values())
    assert said["coverage"] == {"total": whole.total, **whole.counts}
    assert len(said["requirements"]) == whole.total
    assert [one["key"] for one in said["requirements"] if one["state"] == "none"] == [
        key for key, one in standings().items() if one.state == "none"
    ]
    assert sum(one["coverage"]["total"] for one in said["articles"]) == whole.total


def test_lists_help_and_rules_lead_back_to_their_clauses(city: Any) -> None:
    client = signed_in(city.officer)
    assert "/policy/#A15.13" in text(client.get("/hidden-dangers/"))
    assert "/policy/#A4.11" in text(client.get("/enterprises/"))
    assert "/policy/#A15.15" in text(client.get("/help/listed-supervision/"))
    assert "/policy/#A20.11" in text(client.get("/rules/"))
    assert "/policy/#A20.4" in text(client.get("/rules/accident-grade/"))
    assert "/policy/" in text(client.get("/about"))
