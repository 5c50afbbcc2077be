"""Persons in charge note their duties, and the promise of the day is public; both are kept as they were noted."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from anlan.domains.installations.duties import duties_of
from anlan.domains.installations.models import (
    DutyRecord,
    HazardKeeper,
    SafetyCommitment,
)
from anlan.domains.installations.tests.farm import Farm, fresh, kinds_of_facts, refusing
from anlan.kernel import clock
from anlan.kernel.registers import archive, create, edit
from anlan.kernel.registers.errors import Invalid, KeepingError


@pytest.fixture
def farm(city: Any) -> Farm:
    return Farm(city)


def test_what_was_noted_is_kept_as_it_was_noted(farm: Farm) -> None:
    farm.holds()
    keeper, today = farm.named()["main"], clock.today()
    duty = next(one.code for one in duties_of("main", today))
    noted = {"keeper": str(keeper.pk), "duty": duty, "done_on": today.isoformat(), "findings": "检查了液氯库"}
    record = create(DutyRecord, farm.officer, noted)
    record = edit(DutyRecord, record.pk, farm.officer, {"findings": "检查了液氯库，正常"})
    promise = create(SafetyCommitment, farm.officer, {
        "enterprise": str(farm.city.workshop.pk), "day": today.isoformat(), "hazards_safe": "on", "measures_done": "on",
        "signed_by": "厂长",
    })  # fmt: skip
    assert not promise.is_late
    with clock.travel(clock.now() + timedelta(days=1)):
        with refusing("当日以后不能再改"):
            edit(DutyRecord, record.pk, farm.officer, {"findings": "都正常"})
        with refusing("当日以后不能再改"):
            edit(SafetyCommitment, promise.pk, farm.officer, {"signed_by": "别人"})
        archive(SafetyCommitment, promise.pk, farm.officer, "写错")
        again = {"enterprise": str(farm.city.workshop.pk), "day": today.isoformat(), "hazards_safe": "on",
                 "measures_done": "on", "signed_by": "厂长"}  # fmt: skip
        assert create(SafetyCommitment, farm.officer, again).is_late
    with clock.travel(clock.now() + timedelta(days=30)), refusing("补登"):
        create(DutyRecord, farm.officer, noted)


def test_a_duty_is_noted_and_the_next_one_counted(farm: Farm) -> None:
    keepers = farm.named()
    today = clock.today()
    assert [keepers[layer].duty_due_on for layer in ("main", "technical", "operation")] == [
        None, today + timedelta(days=92), today + timedelta(days=7),
    ]  # fmt: skip
    noted = {"keeper": str(keepers["operation"].pk), "duty": "oper_check", "findings": "查了液氯库，未见异常"}
    farm.city.clock.forward(timedelta(days=7))
    first = create(DutyRecord, farm.officer, {**noted, "done_on": clock.today().isoformat()})
    assert (first.on_time, fresh(keepers["operation"]).duty_due_on) == (True, today + timedelta(days=14))
    farm.city.clock.forward(timedelta(days=8))
    late = next(one for one in HazardKeeper.filters() if one.name == "duty_late")
    assert HazardKeeper.unscoped("a test reads it").filter(late.holds()).count() == 1
    second = create(DutyRecord, farm.officer, {**noted, "done_on": clock.today().isoformat()})
    assert (second.on_time, HazardKeeper.unscoped("a test reads it").filter(late.holds()).count()) == (
        False,
        0,
    )


def test_a_duty_past_its_day_raises_the_colour_until_it_is_done(farm: Farm) -> None:
    farm.holds()
    keeper = farm.named()["operation"]
    farm.assessed()  # whoever answers for what is no major hazard has no such duty
    assert "hazard_duty_late" not in kinds_of_facts(farm)
    farm.city.clock.forward(timedelta(days=7))
    assert "hazard_duty_late" not in kinds_of_facts(farm), "on the day itself it is in time"
    farm.city.clock.forward(timedelta(days=1))
    assert "hazard_duty_late" in kinds_of_facts(farm)
    create(DutyRecord, farm.officer, {
        "keeper": str(keeper.pk), "duty": "oper_check", "done_on": clock.today().isoformat(), "findings": "查了",
    })  # fmt: skip
    assert "hazard_duty_late" not in kinds_of_facts(farm)


def test_a_duty_belongs_to_its_layer(farm: Farm) -> None:
    keeper = farm.named()["main"]
    with pytest.raises(Invalid) as refused:
        create(DutyRecord, farm.officer, {
            "keeper": str(keeper.pk), "duty": "oper_check", "done_on": clock.today().isoformat(), "findings": "查了",
        })  # fmt: skip
    assert list(refused.value.errors) == ["duty"]


def test_the_promise_of_the_day_is_public(farm: Farm) -> None:
    firm, client = farm.city.workshop, Client()
    assert client.get(f"/commitments/{firm.pk}").status_code == 404
    farm.holds()
    farm.named()
    farm.on_file()
    asked = {
        "enterprise": str(firm.pk),
        "day": clock.today().isoformat(),
        "units_running": "1",
        "signed_by": "王厂长",
    }
    with pytest.raises(Invalid) as refused:
        create(SafetyCommitment, farm.city.main_person, {**asked, "hazards_safe": "", "measures_done": "on"})
    assert list(refused.value.errors) == ["risk_notes"]
    create(SafetyCommitment, farm.city.main_person, {**asked, "hazards_safe": "on", "measures_done": "on"})
    page = client.get(f"/commitments/{firm.pk}").content.decode()
    assert "王厂长" in page
    assert "液氯库" in page
    assert "主要负责人甲" in page
    shown = re.sub(r"<[^>]+>", " ", page.split("重大危险源和包保责任人")[1].split("</section>")[0])
    assert "20" not in shown, "no quantity stands on the open page"
    for token in ("x", "00000000-0000-0000-0000-000000000000", str(farm.unit.pk)):
        assert client.get(f"/commitments/{token}").status_code == 404
    with pytest.raises(KeepingError):
        create(
            SafetyCommitment, farm.city.main_person, {**asked, "hazards_safe": "on", "measures_done": "on"}
        )
