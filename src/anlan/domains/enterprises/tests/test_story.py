"""The register's own journey: entered by its code, renamed with its past kept, with places and a page that answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from world import credit_code

from anlan.domains.enterprises import actions, queries
from anlan.domains.enterprises.models import Enterprise, EnterprisePlace
from anlan.kernel import clock
from anlan.kernel.registers import archive, create, edit
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.scope.models import Party


def given(city: Any, **more: Any) -> dict[str, Any]:
    return {"name": "长春新办食品有限公司", "credit_code": credit_code(300), "territory": str(city.village.pk),
            "industry": "1411", "scale": "small", "operation": "operating", **more}  # fmt: skip


def test_an_enterprise_is_entered_as_it_is_written_on_its_licence(city: Any) -> None:
    code = credit_code(300)
    typed = f" {code[:8]}-{code[8:]} ".lower()
    row = create(Enterprise, city.officer, given(city, credit_code=typed, industry="Ｃ1411"))
    assert row.credit_code == code
    assert row.industry == "1411"
    assert str(spec_of(Enterprise, "industry").shown(row)).startswith("1411 ")
    assert row.holder.kind == "enterprise"
    assert row.holder.sector == row.sector == "work_safety"


@pytest.mark.parametrize(
    ("field", "value"),
    [("credit_code", "9122010100000000O"), ("industry", "9999"), ("industry", "U"), ("industry", "A2611"),
     ("longitude", "125.3")],
)  # fmt: skip
def test_what_does_not_hold_is_refused_at_its_field(city: Any, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        create(Enterprise, city.officer, given(city, **{field: value}))
    assert field in refused.value.errors


def test_a_new_name_leaves_the_old_one_true_of_its_time(city: Any) -> None:
    city.clock.to(clock.now() + timedelta(days=10))
    edit(Enterprise, city.workshop.pk, city.officer, {"name": "长春改名机械有限公司"})
    party = Party.objects.get(pk=city.workshop.holder_id)
    assert party.name == "长春改名机械有限公司"
    assert party.name_on(clock.today() - timedelta(days=5)) == "长春测试机械加工有限公司"
    assert party.name_on(clock.today()) == "长春改名机械有限公司"
    edit(Enterprise, city.workshop.pk, city.officer, {"name": "长春再改机械有限公司"})
    assert Party.objects.get(pk=party.pk).name_on(clock.today()) == "长春再改机械有限公司"


def place(city: Any, **more: Any) -> dict[str, Any]:
    return {"enterprise": str(city.workshop.pk), "name": "二号仓库", "kind": "storage", "territory": str(city.other_village.pk),
            "address": "仓储路3号", "longitude": "125.40", "latitude": "43.90", **more}  # fmt: skip


def test_a_further_place_belongs_to_the_enterprise_and_stands_where_it_stands(city: Any) -> None:
    row = create(EnterprisePlace, city.safety_officer, place(city))
    assert row.holder == city.workshop.holder
    assert row.path == city.other_village.path
    assert row.industry == "3489"
    assert row in queries.places_of([city.workshop], city.officer)
    assert EnterprisePlace.seen_by(city.officer).filter(pk=row.pk).exists()
    assert not EnterprisePlace.seen_by(city.far_officer).filter(pk=row.pk).exists()


def test_a_place_is_entered_for_ones_own_enterprise_only(city: Any) -> None:
    with pytest.raises(Invalid):
        create(EnterprisePlace, city.far_safety_officer, place(city))
    with pytest.raises(NotAllowed):
        create(EnterprisePlace, city.worker, place(city))
    row = create(EnterprisePlace, city.safety_officer, place(city))
    with pytest.raises(NotSeen):
        edit(EnterprisePlace, row.pk, city.far_safety_officer, {"name": "别人的"})
    with pytest.raises(Invalid):
        edit(EnterprisePlace, row.pk, city.city_officer, {"enterprise": str(city.far_shop.pk)})
    with pytest.raises(Invalid):
        create(EnterprisePlace, city.safety_officer, place(city))


def test_an_ended_enterprise_gets_no_places_and_no_dangers(city: Any) -> None:
    archive(Enterprise, city.workshop.pk, city.officer, "注销")
    with pytest.raises(Invalid):
        create(EnterprisePlace, city.safety_officer, place(city))
    with pytest.raises(Invalid):
        city.reports()


def test_the_page_shows_people_and_places_of_both_after_a_merge(city: Any) -> None:
    twin = city.enterprise("测试机械加工", city.village, "3489", 301)
    create(EnterprisePlace, city.officer, place(city, enterprise=str(twin.pk)))
    other = city.person("safety_officer", twin.holder, "twin_officer")
    actions.merge(city.workshop.pk, twin.pk, city.officer, "重复登记")
    row = Enterprise.seen_by(city.officer).get(pk=city.workshop.pk)
    parts = {part.template: part.context for part in row.sections_for(city.officer)}
    people = {seat.person_id for _post, seats in parts["enterprises/people.html"]["posts"] for seat in seats}
    assert {city.safety_officer.person_id, other.person_id} <= people
    assert len(parts["enterprises/places.html"]["places"]) == 1
    assert [one.pk for one in parts["enterprises/merges.html"]["merged"]] == [twin.pk]
    assert row.also_known_as() == [twin.pk]
