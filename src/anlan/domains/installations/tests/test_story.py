"""A tank farm is graded, filed, assessed again and delisted, with what the county and lateness make of it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from anlan.domains.installations.grading import inventories_of, summed
from anlan.domains.installations.models import (
    HazardKeeper,
    Installation,
    Inventory,
)
from anlan.domains.installations.tests.farm import Farm, fresh, kinds_of_facts, refusing
from anlan.kernel import clock, ledger
from anlan.kernel.identity.models import Account
from anlan.kernel.loops import inbox, sweep
from anlan.kernel.registers import archive, create, edit
from anlan.kernel.registers.errors import Invalid, KeepingError, NotAllowed


@pytest.fixture
def farm(city: Any) -> Farm:
    return Farm(city)


def test_what_is_entered_is_graded_at_once(farm: Farm) -> None:
    chlorine = farm.holds()
    assert (chlorine.cas, chlorine.critical_t, chlorine.ratio, chlorine.beta) == ("7782-50-5", "5", "4", "4")
    now = farm.now()
    assert (now.grade, now.present_grade, now.present_s, now.present_r) == (6, 3, "4", "24")
    farm.holds("氨", "40")
    assert (farm.now().present_s, farm.now().present_r) == ("8", "36")
    archive(Inventory, chlorine.pk, farm.officer, "退出使用")
    assert (farm.now().present_s, farm.now().present_grade) == ("4", 3)
    edit(Installation, farm.unit.pk, farm.officer, {"exposed_people": "0"})
    assert (farm.now().present_r, farm.now().present_grade) == ("4", 4)


@pytest.mark.parametrize(
    ("name", "more", "field"),
    [
        ("没有这种东西", {}, "name"),
        ("硝酸铵", {}, "name"),
        ("苯胺", {}, "categories"),
        ("苯胺", {"categories": "W77"}, "categories"),
    ],
)
def test_what_the_standard_cannot_be_read_with_is_refused(
    farm: Farm, name: str, more: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        farm.holds(name, **more)
    assert list(refused.value.errors) == [field]


def test_a_unit_is_divided_by_what_divides_its_kind(farm: Farm) -> None:
    with pytest.raises(Invalid) as refused:
        edit(Installation, farm.unit.pk, farm.officer, {"boundary": "valve"})
    assert list(refused.value.errors) == ["boundary"]


def test_only_the_enterprise_enters_its_units(farm: Farm) -> None:
    with pytest.raises(NotAllowed):
        create(Installation, farm.city.officer, {
            "enterprise": str(farm.city.workshop.pk), "name": "甲", "kind": "storage", "boundary": "bund", "exposed_people": "1",
        })  # fmt: skip


def test_from_identification_to_the_file(farm: Farm) -> None:
    farm.holds()
    file = farm.assessed()
    today = clock.today()
    assert (file.state, file.grade, file.s_value, file.r_value, file.alpha) == (
        "assessed",
        3,
        "4",
        "24",
        "1.5",
    )
    assert file.file_by == today + timedelta(days=15)
    assert file.regrade_by == date(today.year + 3, today.month, today.day)
    assert [step["text_zh"][:2] for step in json.loads(file.found)["steps"]] == [
        "储存",
        "氯：",
        "S ",
        "厂外",
        "R ",
    ]
    unit = farm.now()
    assert (unit.grade, unit.standing, unit.s_value, unit.file_by) == (3, "graded", "4", file.file_by)
    with refusing("包保责任人"):
        farm.city.step(file, "submit", farm.city.main_person)
    farm.named()
    file = farm.city.step(file, "submit", farm.city.main_person)
    assert [card.matter for card in inbox(farm.city.officer)] == [file]
    file = farm.city.step(file, "send_back", farm.city.officer, reason="缺平面图")
    file = farm.city.step(file, "resubmit", farm.officer)
    file = farm.city.step(file, "accept", farm.city.officer, filing_number="BA-001")
    assert (file.state, file.filed_on, file.due_at is not None) == ("on_file", today, True)
    unit = farm.now()
    assert (unit.standing, unit.filed_on, unit.filing_number) == ("filed", today, "BA-001")
    assert [entry.act for entry in ledger.history(unit.pk)] == [
        "created",
        "hazard_graded",
        "hazard_submitted",
        "hazard_sent_back",
        "hazard_submitted",
        "hazard_filed",
    ]


def test_the_main_person_alone_can_assess_and_file(farm: Farm) -> None:
    farm.holds()
    farm.named()
    day = clock.today().isoformat()
    file = farm.city.step(
        farm.identified(),
        "assess",
        farm.city.main_person,
        assessed_on=day,
        assessed_by="own",
        assessor="厂长",
    )
    with pytest.raises(KeepingError):
        farm.city.step(file, "submit", farm.officer)
    assert farm.city.step(file, "submit", farm.city.main_person).state == "submitted"


def test_what_lies_with_the_county_in_time_is_no_delay_of_the_enterprise(farm: Farm) -> None:
    farm.holds()
    farm.named()
    file = farm.city.step(farm.assessed(), "submit", farm.city.main_person)
    assert farm.now().standing == "submitted"
    late = next(one for one in Installation.filters() if one.name == "unfiled").holds
    rows = Installation.unscoped("a test reads the result")
    with clock.travel(clock.now() + timedelta(days=20)):
        assert "hazard_late" not in kinds_of_facts(farm)
        assert not rows.filter(late()).exists()
        file = farm.city.step(file, "send_back", farm.city.officer, reason="缺平面图")
        assert farm.now().standing == "graded"
        assert farm.now().file_by > clock.today()  # time to correct it
        assert not rows.filter(late()).exists()
    with clock.travel(clock.now() + timedelta(days=40)):
        assert rows.filter(late()).exists()
        assert "hazard_late" in kinds_of_facts(farm)


def test_a_filing_sent_back_for_its_quantities_is_computed_anew(farm: Farm) -> None:
    chlorine = farm.holds()
    farm.named()
    file = farm.city.step(farm.assessed(), "submit", farm.city.main_person)
    file = farm.city.step(file, "send_back", farm.city.officer, reason="数量不对")
    edit(Inventory, chlorine.pk, farm.officer, {"design_max_t": "200"})
    file = farm.city.step(file, "assess_anew", farm.officer, reason="更正存量")
    file = farm.assessed(file)
    assert (file.state, file.grade, farm.now().grade, file.s_value) == ("assessed", 1, 1, "40")


@pytest.mark.parametrize("is_ordered", [False, True])
def test_a_delisting_refused_goes_back_to_where_it_was_applied_for(farm: Farm, is_ordered: bool) -> None:
    chlorine = farm.holds()
    farm.named()
    file = farm.on_file()
    if is_ordered:
        more = {"regrade_reason": "substances", "reason": "检查发现"}
        file = farm.city.step(file, "order_again", farm.city.officer, **more)
    edit(Inventory, chlorine.pk, farm.officer, {"design_max_t": "2"})
    stood = file.state
    file = farm.city.step(file, "apply_delisting", farm.officer, delist_grounds="减至2吨")
    step, other = "refuse_delisting", "refuse_and_assess"
    if is_ordered:
        step, other = other, step
    with pytest.raises(KeepingError):
        farm.city.step(file, other, farm.city.officer, reason="现场未减量")
    assert farm.city.step(file, step, farm.city.officer, reason="现场未减量").state == stood


def test_a_unit_that_becomes_a_major_hazard_is_told(farm: Farm) -> None:
    chlorine = farm.holds("氯", "2")
    rows = Installation.unscoped("a test reads the result")
    told = next(one for one in Installation.filters() if one.name == "unidentified").holds
    assert not rows.filter(told()).exists()
    edit(Inventory, chlorine.pk, farm.officer, {"design_max_t": "5"})  # S = 1 exactly
    assert rows.filter(told()).exists()
    assert farm.now().is_unidentified
    farm.named()
    farm.assessed()
    assert not rows.filter(told()).exists()


def test_many_vessels_of_one_substance_count_as_one(farm: Farm) -> None:
    for number in range(3):
        farm.holds("氯", "0.7", vessel=f"{number}号瓶")
    farm.holds("氯", "2.9", vessel="总罐")
    assert farm.now().present_s == "1"
    assert len(summed(inventories_of(farm.unit.pk))) == 1


def test_below_one_there_is_nothing_to_file(farm: Farm) -> None:
    farm.holds("氨", "9.9")
    file, day = farm.identified(), clock.today().isoformat()
    with refusing("不构成"):
        farm.city.step(file, "assess", farm.officer, assessed_on=day, assessed_by="own", assessor="张工")
    file = farm.city.step(file, "conclude", farm.officer, assessed_on=day, assessed_by="own", assessor="张工")
    assert (file.state, farm.now().grade, farm.now().standing) == ("not_major", 5, "none")


def test_exactly_one_cannot_be_concluded_away(farm: Farm) -> None:
    farm.holds("氨", "10")
    day = clock.today().isoformat()
    with refusing("构成重大危险源"):
        farm.city.step(
            farm.identified(), "conclude", farm.officer, assessed_on=day, assessed_by="own", assessor="张工"
        )
    assert farm.now().present_grade == 4


def test_one_installation_has_one_open_file_and_must_hold_something(farm: Farm) -> None:
    with refusing("设计最大量"):
        farm.identified()
    farm.holds()
    farm.identified()
    with refusing("已有一份备案在办"):
        farm.identified()


def test_a_change_asks_for_a_new_assessment_and_the_end_is_a_delisting(farm: Farm) -> None:
    chlorine = farm.holds()
    farm.named()
    file = farm.on_file()
    changed = Installation.filters()
    edit(Inventory, chlorine.pk, farm.officer, {"design_max_t": "2"})
    rows = Installation.unscoped("a test reads the result")
    wanted = next(one for one in changed if one.name == "changed")
    assert rows.filter(wanted.holds()).count() == 1
    file = farm.city.step(file, "again", farm.officer, regrade_reason="substances")
    assert (file.state, file.round, farm.now().grade) == ("identified", 2, 3), (
        "the grade stays until it is replaced"
    )
    day = clock.today().isoformat()
    with refusing("申请核销"):
        farm.city.step(file, "conclude", farm.officer, assessed_on=day, assessed_by="own", assessor="张工")
    file = farm.city.step(file, "apply_delisting", farm.officer, delist_grounds="液氯减至2吨")
    file = farm.city.step(file, "delist", farm.city.officer)
    unit = farm.now()
    assert (file.state, unit.grade, unit.standing, unit.delisted_on) == (
        "delisted",
        5,
        "delisted",
        clock.today(),
    )
    assert rows.filter(wanted.holds()).count() == 0


def test_what_is_still_a_major_hazard_is_not_delisted(farm: Farm) -> None:
    farm.holds()
    farm.named()
    file = farm.on_file()
    with refusing("仍构成"):
        farm.city.step(file, "apply_delisting", farm.officer, delist_grounds="不想管了")
    edit(Inventory, Inventory.unscoped("a test reads it").get().pk, farm.officer, {"design_max_t": "1"})
    file = farm.city.step(file, "apply_delisting", farm.officer, delist_grounds="减量")
    edit(Inventory, Inventory.unscoped("a test reads it").get().pk, farm.officer, {"design_max_t": "6"})
    with refusing("仍构成"):
        farm.city.step(file, "delist", farm.city.officer)
    assert farm.city.step(file, "refuse_delisting", farm.city.officer, reason="仍有6吨").state == "on_file"


def test_lateness_of_the_filing_is_written_once_and_raises_the_colour(farm: Farm) -> None:
    farm.holds()
    file = farm.assessed()
    late = next(one for one in Installation.filters() if one.name == "unfiled")
    rows = Installation.unscoped("a test reads the result")
    farm.city.clock.forward(timedelta(days=15))
    assert (sweep(), rows.filter(late.holds()).count()) == (0, 0)
    farm.city.clock.forward(timedelta(days=1))
    assert (sweep(), sweep(), rows.filter(late.holds()).count()) == (1, 0, 1)
    assert fresh(file).is_late
    assert "hazard_late" in kinds_of_facts(farm)


def test_three_years_on_the_file_is_late(farm: Farm) -> None:
    farm.holds()
    farm.named()
    file = farm.on_file()
    farm.city.clock.forward(timedelta(days=3 * 365 + 2))
    assert fresh(file).is_late


def test_archiving_a_unit_takes_along_what_hangs_on_it(farm: Farm) -> None:
    farm.holds("氨", "1")
    farm.named()
    file, day = farm.identified(), clock.today().isoformat()
    with refusing("先办结备案"):
        archive(Installation, farm.unit.pk, farm.officer, "拆除")
    farm.city.step(file, "conclude", farm.officer, assessed_on=day, assessed_by="own", assessor="张工")
    archive(Installation, farm.unit.pk, farm.officer, "拆除")
    for model in (Inventory, HazardKeeper):
        assert not model.unscoped("a test reads it").filter(archived_at=None).exists()


@pytest.mark.parametrize("role", ["safety_officer", "officer", "city_leader"])
def test_the_pages_open_for_those_who_may_see(farm: Farm, role: str) -> None:
    farm.holds()
    keepers = farm.named()
    farm.on_file()
    Account.objects.update(is_demo=True)  # else officers would first have to enrol their second factor
    client = Client()
    client.force_login(Account.objects.get(pk=getattr(farm.city, role).account_id))
    paths = [
        f"/installations/{farm.unit.pk}/",
        f"/hazard-keepers/{keepers['operation'].pk}/",
        f"/enterprises/{farm.city.workshop.pk}/",
    ]
    for path in [
        *paths,
        "/installations/?changed=1",
        "/chemicals/",
        "/chemicals/?q=7782505",
        "/chemicals/?substance=chlorine",
    ]:
        assert client.get(path).status_code == 200, path
    assert "R ＝ 1.5 ×（4×4）＝ 24：三级" in client.get(paths[0]).content.decode()
    assert client.get("/chemicals/?substance=none").status_code == 404
    book = CalamineWorkbook.from_filelike(BytesIO(client.get("/chemicals/?q=7782-50-5&as=xlsx").content))
    rows = book.get_sheet_by_index(0).to_python()
    assert [(row[0], row[1], row[3]) for row in rows[1:]] == [("氯", "Chlorine", "7782-50-5")]
