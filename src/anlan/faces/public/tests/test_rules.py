"""The public rule pages: open to anyone, without scripts, never failing on what is typed into them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from anlan.faces.public.rule_words import BANDS
from anlan.kernel.rules import catalogue, computations

pytestmark = pytest.mark.django_db


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_index_shows_every_computation_and_every_rule(client: Client) -> None:
    response = client.get("/rules/")
    assert response.status_code == 200
    shown = text(response)
    assert all(f"/rules/{name}/" in shown for name in computations())
    assert all(key in shown for key in catalogue().names())
    assert "未核对" in shown
    assert "平台设置，不是法律规定" in shown


def test_addresses_work_with_and_without_a_slash(client: Client) -> None:
    for address in ("/rules", "/rules/", "/rules/deadline", "/rules/deadline/"):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("name", sorted(computations()))
def test_a_computation_shows_its_form_and_its_example_computes(client: Client, name: str) -> None:
    form = client.get(f"/rules/{name}/")
    assert form.status_code == 200
    assert form.context["result"] is None
    shown = client.get(form.context["example"])
    assert shown.status_code == 200
    assert shown.context["result"]["steps"]
    assert "依据" in text(shown)


def test_a_result_with_its_steps_and_clauses(client: Client) -> None:
    shown = text(client.get("/rules/accident-grade/?deaths=3&date=2026-03-06"))
    assert "较大事故" in shown
    assert "国务院令第493号" in shown
    assert "第三条" in shown


def test_a_result_from_unverified_rules_says_so(client: Client) -> None:
    response = client.get("/rules/deadline/?start=2026-03-06&rule=hidden_dangers.review_within")
    assert response.context["result"]["main"][1] == "2026-03-16"
    assert "不得用于执法决定" in text(response)


def test_a_group_of_facts_is_filled_in(client: Client) -> None:
    response = client.get(
        "/rules/hidden-danger-grade/?sector=other&facts.needs_stop=yes&facts.removable_at_once=no"
    )
    assert response.context["result"]["main"][1] == "重大事故隐患"


def test_what_cannot_be_computed_is_told_at_its_field(client: Client) -> None:
    response = client.get("/rules/accident-grade/?deaths=-3&date=yesterday")
    assert response.status_code == 422
    assert set(response.context["faults"]) == {"deaths", "date"}
    assert "不能为负数" in text(response)


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", "=1+1", "'; drop table", "\x00", "x" * 5000, "NaN", "９"]
)
@pytest.mark.parametrize("name", sorted(computations()))
def test_nothing_typed_breaks_a_page_or_gets_into_it(client: Client, name: str, typed: str) -> None:
    fields = [field.name for field in computations()[name].all_fields]
    query = "&".join(f"{field}={quote(typed)}" for field in [*fields, "facts.needs_stop", "duration.unit"])
    response = client.get(f"/rules/{name}/?{query}")
    assert response.status_code in (400, 422)
    assert "<script>alert" not in text(response)


def test_unknown_names_are_not_found(client: Client) -> None:
    assert client.get("/rules/no-such/").status_code == 404
    assert client.get("/rules/law/no_such/").status_code == 404
    assert client.post("/rules/deadline/").status_code == 405


def test_a_law_shows_what_hangs_on_it(client: Client) -> None:
    shown = text(client.get("/rules/law/saws_order_16_2007/"))
    assert "hidden_dangers.review_within" in shown
    for key in catalogue().instruments:
        assert client.get(f"/rules/law/{key}/").status_code == 200


def test_the_pages_speak_english(client: Client) -> None:
    client.cookies["django_language"] = "en"
    shown = text(client.get("/rules/accident-grade/?deaths=3"))
    assert "Accident grade" in shown
    assert "The highest of the three wins" in shown


@pytest.mark.parametrize("name", sorted(computations()))
def test_what_a_computation_answers_is_in_english_for_an_english_reader(client: Client, name: str) -> None:
    example = client.get(f"/rules/{name}/").context["example"]
    asked = [example, "/rules/accident-grade/?deaths=30"] if name == "accident-grade" else [example]
    asked += ["/rules/risk-ls/?L=3&S=4&profile=five_grade"] if name == "risk-ls" else []
    asked += [f"/rules/{name}/?sector=other&facts.needs_stop=yes"] if name == "hidden-danger-grade" else []
    for address in asked:
        shown = text(client.get(address, headers={"accept-language": "en"}))
        answer = shown[shown.index('id="result"') : shown.index("<summary>JSON")]
        assert not re.findall(r">([^<]*[\u4e00-\u9fff][^<]*)<", answer), address
        assert not re.findall(r">\s*(?:true|false|[\d-]+T[\d:.]+[^<]*)\s*<", answer), "what a program reads"


def test_a_deadline_ends_at_the_end_of_its_day_and_cites_the_notice_of_holidays(client: Client) -> None:
    example = client.get("/rules/deadline/").context["example"]
    shown = text(client.get(example, headers={"accept-language": "en"}))
    assert "2026-10-09 24:00" in shown
    assert "Public Holidays (Guo Ban Fa Ming Dian [2025] No. 7)" in shown
    assert "2026-10-09 24:00" in text(client.get(example))


def test_every_rule_and_law_is_shown_in_english(client: Client) -> None:
    english = {"HTTP_ACCEPT_LANGUAGE": "en"}
    index = client.get("/rules/", **english)  # type: ignore[arg-type]
    assert index.status_code == 200
    assert {"Extremely dangerous", "article 10", "Unverified"} <= {
        said for said in ("Extremely dangerous", "article 10", "Unverified") if said in text(index)
    }
    named = [
        cell
        for subject in index.context["subjects"]
        for line in subject.lines
        if line.table
        for cell in line.table.rows
    ]
    assert not [row for row in named if row[0] in BANDS]
    laws = sorted(
        {line.law_key for subject in index.context["subjects"] for line in subject.lines if line.is_law}
    )
    assert laws
    for key in laws:
        assert client.get(f"/rules/law/{key}/", **english).status_code == 200  # type: ignore[arg-type]


def test_what_the_tables_of_rules_say_is_worded_in_both_languages(client: Client) -> None:
    def table(key: str, language: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        index = client.get("/rules/", HTTP_ACCEPT_LANGUAGE=language)
        lines = {line.key: line for subject in index.context["subjects"] for line in subject.lines}
        return lines[key].table.head, lines[key].table.rows

    space = "\N{NO-BREAK SPACE}"
    head, rows = table("risk.bands_lec", "en")
    assert head == ("Content", "Range", "Grade", "Level")
    assert rows[0] == ("Extremely dangerous", f">{space}320", f"A{space}/{space}1", "Major risk")
    assert rows[1][1] == f"≥{space}160, ≤{space}320", "which ends belong to a span stands with it"
    assert table("risk.bands_lec", "zh")[1][0] == ("极其危险", f">{space}320", "A/1级", "重大风险")
    assert table("risk.control_layers", "zh")[1][0] == ("重大风险", "公司（厂）级"), (
        "of a risk, not of an accident"
    )
    assert table("risk.levels", "en")[1][0] == ("major risk", "Major risk", "red")


def test_nothing_of_the_rule_book_is_left_in_chinese(client: Client) -> None:
    shown = client.get("/rules/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    main = shown.split("<main")[1].split("</main>")[0]
    assert not set(re.findall(r">([^<]*[\u4e00-\u9fff][^<]*)<", main))
    for key in catalogue().instruments:
        law = client.get(f"/rules/law/{key}/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
        assert not re.search(r"<(?:h1|dd)>[^<]*[\u4e00-\u9fff]", law), key


def test_rows_of_a_form_are_drawn_filled_and_told_apart(client: Client) -> None:
    asked = "unit=storage&exposed_people=60&substances.4.name=%E6%B0%AF&substances.4.quantity_t=20&substances.7.quantity_t=1"
    response = client.get(f"/rules/major-hazard/?{asked}")
    assert response.status_code == 422
    rows = [group for group in response.context["groups"] if group.is_row]
    assert len(rows) == 4, "two filled in and two blank ones"
    assert rows[0].controls[0].value == "氯"
    assert rows[1].controls[0].faults, "what is wrong stands at its row, counted without the blank ones"
    found = client.get(f"/rules/major-hazard/?{asked}&substances.7.cas=7664-41-7").context["result"]
    assert [row[0] for row in found["tables"][0]["rows"]] == ["氯", "氨"]


def test_a_form_that_is_not_filled_in_right_never_fails(client: Client) -> None:
    for asked in (
        "substances.x.name=1",
        "substances.99999999999.name=1",
        "substances=1",
        "substances..=1",
        "parts.0.=1",
    ):
        assert client.get(f"/rules/major-hazard/?{asked}").status_code in (200, 422)
