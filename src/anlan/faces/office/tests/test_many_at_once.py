"""One step for many matters, and the views people save: nothing beyond scope, nothing half, nothing of others."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from anlan.kernel import ledger
from anlan.kernel.identity.models import Account
from anlan.kernel.ids import new_id
from anlan.kernel.registers.models import SavedView


def browser(username: str) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    Account.objects.filter(username=username).update(is_demo=True)
    client.force_login(Account.objects.get(username=username))
    return client


def picked(*rows: Any) -> dict[str, Any]:
    return {"pick": [str(row.pk) for row in rows], **{f"version_{row.pk}": str(row.version) for row in rows}}


def graded(city: Any, **answers: Any) -> dict[str, Any]:
    return {"step": "grade", "rectify_by": city.in_days(5), "measures": "清理", **answers}


def test_one_form_grades_many_and_each_has_its_own_entry(city: Any) -> None:
    rows = [city.reports() for _ in range(3)]
    office = browser("county_officer")
    page = office.get("/hidden-dangers/bulk", {"pick": [str(row.pk) for row in rows]})
    assert "定为一般隐患" in page.content.decode()
    form = {**picked(*rows), **graded(city), "key": str(new_id())}
    answer = office.post("/hidden-dangers/bulk", form)
    assert answer.status_code == 200
    for row in rows:
        assert city.fresh(row.pk).state == "rectifying"
        assert [entry.act for entry in ledger.history(row.pk)] == ["opened", "grade"]
    again = office.post("/hidden-dangers/bulk", form)  # the answer was lost and the form is sent again
    assert "已办理 3 条" in again.content.decode()
    assert all(len(ledger.history(row.pk)) == 2 for row in rows)


def test_what_one_refuses_does_not_stop_the_others(city: Any) -> None:
    here, moved, far = city.reports(), city.reports(), city.reports(by=city.far_officer, at=city.far_shop)
    form = {**picked(here, moved, far), **graded(city), "key": str(new_id())}
    city.step(moved, "grade", city.second_officer, rectify_by=city.in_days(3), measures="先行")
    text = browser("county_officer").post("/hidden-dangers/bulk", form).content.decode()
    assert "已办理 1 条" in text
    assert (city.fresh(here.pk).state, city.fresh(far.pk).state) == ("rectifying", "reported")
    assert city.fresh(moved.pk).measures == "先行"
    assert far.number not in text


def test_answers_that_do_not_do_are_said_at_their_fields_and_nothing_is_taken(city: Any) -> None:
    row = city.reports()
    for wrong in ({"rectify_by": ""}, {"rectify_by": "x"}, {"rectify_by": "2020-01-01"}):
        form = {**picked(row), **graded(city, **wrong), "key": str(new_id())}
        answer = browser("county_officer").post("/hidden-dangers/bulk", form)
        assert answer.status_code == 422
        assert city.fresh(row.pk).state == "reported"


@pytest.mark.parametrize("step", ["accept", "withdraw", "nonsense", "self_fix_at_once"])
def test_steps_with_evidence_and_dangerous_ones_are_not_for_many(city: Any, step: str) -> None:
    row = city.reports()
    assert (
        browser("county_officer").get("/hidden-dangers/bulk", {"pick": str(row.pk), "step": step}).status_code
        == 404
    )


def test_malformed_choices_are_passed_over(city: Any) -> None:
    office = browser("county_officer")
    for pick in (["x", "", "1" * 500], ["00000000-0000-0000-0000-000000000000"] * 300, []):
        answer = office.get("/hidden-dangers/bulk", {"pick": pick})
        assert answer.status_code == 200
        assert "没有可以批量办理的环节" in answer.content.decode()
    assert office.get("/enterprises/bulk").status_code == 404
    assert office.post("/hidden-dangers/bulk", {"step": "comment", "key": "no key"}).status_code == 422


def test_a_view_is_saved_opened_and_forgotten_by_its_person_alone(city: Any) -> None:
    office, other = browser("county_officer"), browser("county_officer_2")
    saved = office.post("/hidden-dangers/views", {"name": "重大逾期", "query": "severity=major&after=xyz"})
    assert saved["Location"] == "/hidden-dangers/?severity=major"
    page = office.get("/hidden-dangers/").content.decode()
    assert "重大逾期" in page
    assert re.search(r'href="/hidden-dangers/\?severity=major"', page)
    assert "重大逾期" not in other.get("/hidden-dangers/").content.decode()
    view = SavedView.objects.get()
    assert other.post(f"/hidden-dangers/views/{view.pk}/forget").status_code == 404
    assert office.post(f"/hidden-dangers/views/{view.pk}/forget").status_code == 302
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "长" * 41])
def test_a_name_that_does_not_do_is_refused_in_words(city: Any, name: str) -> None:
    answer = browser("county_officer").post(
        "/hidden-dangers/views", {"name": name, "query": "q=1"}, follow=True
    )
    assert answer.status_code == 200
    assert "名称须为1至40个字" in answer.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("who", ["city_leader", "county_officer", "safety_officer", "worker"])
def test_the_map_opens_for_every_post_whatever_pages_domains_add_to_its_menu(city: Any, who: str) -> None:
    assert browser(who).get("/map/").status_code == 200
    assert browser(who).get("/map/sheet").status_code == 200
