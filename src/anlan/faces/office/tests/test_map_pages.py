"""The map's pages: list to map and back under one filter, the card of what is picked, the sheet that is printed."""

from __future__ import annotations

from typing import Any

from django.test import Client

from anlan.kernel.identity.models import Account

AREA = "125.2,43.8;125.4,43.8;125.4,43.9;125.2,43.9"
ELSEWHERE = "126.2,43.8;126.4,43.8;126.4,43.9;126.2,43.9"


def client_of(actor: Any) -> Client:
    Account.objects.update(is_demo=True)  # else officers would first have to enrol their second factor
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_an_area_narrows_the_list_its_map_and_its_forms_alike(city: Any) -> None:
    city.reports()
    client = client_of(city.officer)
    inside, outside = (client.get(f"/hidden-dangers/?within={area}") for area in (AREA, ELSEWHERE))
    assert text(inside).count("data-row>") == 1
    assert "data-row>" not in text(outside)
    assert "地图上圈选的范围" in text(inside)
    assert f'name="within" value="{AREA}"' in text(inside)
    drawn = text(client.get(f"/hidden-dangers/?within={AREA}&view=map"))
    assert f'data-outline="{AREA}"' in drawn
    assert "within=125.2" in drawn.replace("%2C", ",")


def test_the_card_says_what_was_picked_and_only_to_who_may_see_it(city: Any) -> None:
    danger = city.reports()
    path = f"/map/card?kind=hidden-dangers&id={danger.pk}"
    assert danger.title() in text(client_of(city.officer).get(path))
    assert client_of(city.far_officer).get(path).status_code == 404
    assert client_of(city.officer).get("/map/card?kind=hidden-dangers&id=x").status_code == 404
    assert client_of(city.officer).get(f"/map/card?kind=nothing&id={danger.pk}").status_code == 404


def test_a_heap_shows_its_first_rows_and_how_many_more(city: Any) -> None:
    for n in range(10):
        city.reports(description=f"第 {n} 处")
    path = f"/map/card?layers=hidden-dangers&within={AREA}"
    shown = text(client_of(city.officer).get(path))
    assert shown.count('class="map-card"') == 8
    assert "还有 2 条" in shown
    assert "map-card" in text(client_of(city.far_officer).get(path))
    assert city.workshop.name not in text(client_of(city.far_officer).get(path))


def test_the_sheet_names_its_layers_and_leads_back(city: Any) -> None:
    client = client_of(city.officer)
    sheet = text(client.get("/map/sheet?layers=hidden-dangers&severity=major&box=125,43,126,44&levels=42"))
    assert 'data-box="125.00000,43.00000,126.00000,44.00000"' in sheet
    assert 'data-levels="42"' in sheet
    assert "/hidden-dangers/?severity=major&amp;view=map" in sheet
    for wrong in (
        "box=1,2,3",
        "box=nan,1,2,3",
        "box=9,9,1,1",
        "within=1",
        "layers=enterprises&within=1,2;3,4",
    ):
        assert client.get(f"/map/sheet?{wrong}").status_code in {400, 404}


def test_the_city_map_takes_the_layers_it_is_asked_for(city: Any) -> None:
    page = text(client_of(city.officer).get("/map/?layers=enterprises"))
    assert 'value="enterprises" checked' in page
    assert 'value="hidden-dangers" checked' not in page
