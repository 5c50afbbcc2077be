"""An officer builds the register of a plant, grades it and has the grade approved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from anlan.domains.risk.loop import RiskGradingLoop
from anlan.domains.risk.models import (
    ControlMeasure,
    Division,
    RiskEvent,
    RiskGrading,
    RiskObject,
    RiskUnit,
    ShiftConfirmation,
    WorkPost,
)
from anlan.domains.risk.queries import mine
from anlan.domains.risk.rows import enter
from anlan.domains.risk.trades import trades
from anlan.kernel import clock, ledger
from anlan.kernel.identity.models import Account
from anlan.kernel.loops import inbox, open_matter
from anlan.kernel.registers import Listing, archive, create, edit
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.scope.models import Membership, ZoneMember


def fresh(row: Any) -> Any:
    return type(row).unscoped("a test reads the result").get(pk=row.pk)


class Plant:
    """One object with a unit, an event and a measure, kept by the safety officer."""

    def __init__(self, city: Any) -> None:
        self.city, self.officer = city, city.safety_officer
        self.workshop = create(
            Division,
            self.officer,
            {"enterprise": str(city.workshop.pk), "name": "机加车间", "kind": "workshop"},
        )
        self.post = create(WorkPost, self.officer, {
            "enterprise": str(city.workshop.pk), "name": "车工", "division": str(self.workshop.pk), "duty_phone": "0431-12345678",
        })  # fmt: skip
        self.object = create(
            RiskObject,
            self.officer,
            {"enterprise": str(city.workshop.pk), "name": "普通车床", "kind": "equipment"},
        )
        self.unit = create(RiskUnit, self.officer, {"risk_object": str(self.object.pk), "name": "车削作业"})
        self.event = self.new_event("卷入旋转部件")
        self.measure = create(ControlMeasure, self.officer, {
            "event": str(self.event.pk), "kind": "engineering", "description": "卡盘防护罩完好",
            "responsible_post": str(self.post.pk), "check_content": "防护罩是否完好", "check_cycle": "1",
            "check_cycle_unit": "day",
        })  # fmt: skip

    def new_event(self, name: str, **more: str) -> RiskEvent:
        return create(RiskEvent, self.officer, {
            "unit": str(self.unit.pk), "name": name, "factor": "2102", "accident_type": "1986-03", **more,
        })  # fmt: skip

    def propose(self, by: Any = None, event: Any = None, **scores: str) -> RiskGrading:
        answers = {
            "event": str((event or self.event).pk), "stage": "initial", "method": "lec", "lec_l": "3", "lec_e": "6",
            "lec_c": "15", "grounds": "无防护时可致重伤", **scores,
        }  # fmt: skip
        entry = open_matter(RiskGradingLoop, by or self.officer, answers)
        return RiskGrading.unscoped("a test reads the result").get(pk=entry.chain)

    def approved(self, **more: Any) -> RiskGrading:
        grading = self.propose(**more)
        grading = self.city.step(grading, "review", self.city.second_safety_officer)
        return self.city.step(grading, "approve", self.city.main_person)


@pytest.fixture
def plant(city: Any) -> Plant:
    return Plant(city)


def test_a_grade_is_proposed_reviewed_and_approved(city: Any, plant: Plant) -> None:
    grading = plant.propose()
    assert (grading.risk_level, grading.value, grading.state) == (3, "270", "proposed")
    assert fresh(plant.event).risk_level == 0
    with pytest.raises(NotAllowed):
        city.step(grading, "review", plant.officer)
    assert [card.matter for card in inbox(city.second_safety_officer)] == [grading]
    grading = city.step(grading, "review", city.second_safety_officer)
    with pytest.raises(NotAllowed):
        city.step(grading, "approve", city.second_safety_officer)
    city.step(grading, "approve", city.main_person)
    with pytest.raises(Changed):
        city.step(fresh(grading), "approve", city.main_person)

    event = fresh(plant.event)
    assert (event.risk_level, event.control_layer, event.graded_on.isoformat()) == (
        3,
        "department",
        "2026-03-02",
    )
    assert event.assess_by.isoformat() == "2027-03-02"
    assert (fresh(plant.unit).risk_level, fresh(plant.object).risk_level) == (3, 3)
    assert (fresh(plant.measure).risk_level, fresh(plant.measure).control_layer) == (3, "department")
    last = list(ledger.history(event.pk))[-1]
    assert (last.act, last.data["grading"], last.data["risk_level"]) == ("graded", grading.number, [0, 3])


def test_where_one_person_is_the_enterprise_its_visitor_reviews_and_nobody_elses_does(
    city: Any, plant: Plant
) -> None:
    grading = plant.propose(by=city.main_person)
    for stranger in (city.township_officer, city.far_officer):
        with pytest.raises((NotAllowed, NotSeen)):  # there are people enough, or it is another county's
            city.step(grading, "review", stranger)
    others = Membership.objects.filter(post__party=city.workshop.holder).exclude(
        person=city.main_person.person_id
    )
    others.update(valid_to=clock.today() - timedelta(days=1))
    with pytest.raises(NotAllowed):
        city.step(grading, "review", city.main_person)
    grading = city.step(grading, "review", city.township_officer)
    with pytest.raises(NotAllowed):
        city.step(grading, "approve", city.township_officer)
    assert city.step(grading, "approve", city.main_person).state == "approved"


def test_direct_judgement_makes_a_risk_major_without_scores(plant: Plant) -> None:
    grading = plant.approved(method="direct", lec_l="", lec_e="", lec_c="", direct_case="ten_people")
    assert grading.risk_level == 4
    assert fresh(plant.event).control_layer == "company"
    with pytest.raises(Invalid) as refused:
        plant.propose(method="direct", direct_case="ten_people")
    assert set(refused.value.errors) == {"lec_l", "lec_e", "lec_c"}


def test_a_score_off_the_scale_or_of_another_method_is_refused(plant: Plant) -> None:
    with pytest.raises(Invalid) as refused:
        plant.propose(lec_l="4")
    assert set(refused.value.errors) == {"lec_l"}
    with pytest.raises(Invalid) as refused:
        plant.propose(ls_l="3")
    assert set(refused.value.errors) == {"ls_l"}
    with pytest.raises(Invalid) as refused:
        plant.propose(lec_c="")
    assert set(refused.value.errors) == {"lec_c"}
    with pytest.raises(Invalid) as refused:
        plant.propose(grounds="")
    assert set(refused.value.errors) == {"grounds"}


def test_residual_risk_is_a_record_of_its_own(plant: Plant) -> None:
    with pytest.raises(Invalid):
        plant.propose(stage="residual")
    first = plant.approved()
    second = plant.approved(stage="residual", lec_l="1", grounds="加装联锁后")
    event = fresh(plant.event)
    assert (event.risk_level, event.residual_level, second.value, second.former_level) == (3, 2, "90", 0)
    assert {first.stage, second.stage} == {"initial", "residual"}
    assert fresh(plant.object).residual_level == 2


def test_one_grading_of_an_event_at_a_time(plant: Plant) -> None:
    plant.propose()
    with pytest.raises(Invalid) as refused:
        plant.propose()
    assert "event" in refused.value.errors


def test_what_was_sent_back_is_revised_and_reviewed_again(city: Any, plant: Plant) -> None:
    grading = city.step(plant.propose(), "send_back", city.main_person, reason="后果估计过高")
    grading = city.step(grading, "revise", plant.officer, method="lec", lec_c="7", grounds="按重伤估计")
    assert (grading.state, grading.value, grading.risk_level) == ("proposed", "126", 2)
    with pytest.raises(NotAllowed):
        city.step(grading, "review", plant.officer)


def test_an_upper_level_follows_what_is_below_it(city: Any, plant: Plant) -> None:
    other = plant.new_event("飞屑伤眼")
    plant.approved(event=other, lec_l="1", lec_e="6", lec_c="3")
    plant.approved()
    assert fresh(plant.object).risk_level == 3
    archive(RiskEvent, plant.event.pk, plant.officer, "设备已淘汰")
    assert (fresh(plant.unit).risk_level, fresh(plant.object).risk_level) == (1, 1)
    edit(RiskEvent, other.pk, plant.officer, {"is_raised": "1"})
    assert fresh(other).control_layer == "team"


def test_what_hangs_on_an_archived_row_goes_with_it(plant: Plant) -> None:
    archive(RiskObject, plant.object.pk, plant.officer, "设备已拆除")
    for row in (plant.unit, plant.event, plant.measure):
        assert fresh(row).archive_reason == "设备已拆除"
        assert list(ledger.history(row.pk))[-1].act == "archived"


def test_what_is_due_to_be_assessed_again_is_found(city: Any, plant: Plant) -> None:
    def due() -> int:
        kept = RiskEvent.kept
        asked = Listing(RiskEvent, plant.officer, kept.facets, kept.sorts, kept.order)
        return int(asked.page({"assess_due": ["1"]}).count)

    plant.approved()
    assert due() == 0
    city.clock.to(date(2027, 3, 2))
    assert due() == 1


def test_a_grading_of_an_archived_event_can_only_be_dropped(city: Any, plant: Plant) -> None:
    grading = plant.propose()
    archive(RiskEvent, plant.event.pk, plant.officer, "设备已拆除")
    with pytest.raises(Invalid):
        city.step(grading, "review", city.main_person)
    grading = city.step(grading, "send_back", city.main_person, reason="设备已拆除")
    assert city.step(grading, "drop", city.main_person, reason="设备已拆除").state == "dropped"


def test_a_measure_needs_somebody(plant: Plant) -> None:
    with pytest.raises(Invalid) as refused:
        create(
            ControlMeasure,
            plant.officer,
            {"event": str(plant.event.pk), "kind": "training", "description": "岗前培训"},
        )
    assert "responsible_post" in refused.value.errors


def test_a_part_never_stands_above_itself(city: Any, plant: Plant) -> None:
    of = {"enterprise": str(city.workshop.pk), "kind": "workshop"}
    below = create(Division, plant.officer, {**of, "name": "一工段", "above": str(plant.workshop.pk)})
    lower = create(Division, plant.officer, {**of, "name": "二工段", "above": str(below.pk)})
    for above in (lower, below, plant.workshop):
        with pytest.raises(Invalid) as refused:
            edit(Division, plant.workshop.pk, plant.officer, {"above": str(above.pk)})
        assert "above" in refused.value.errors
    team = create(Division, plant.officer, {**of, "kind": "team", "name": "甲班", "above": str(lower.pk)})
    with pytest.raises(Invalid):
        create(Division, plant.officer, {**of, "name": "三工段", "above": str(team.pk)})


def test_nothing_hangs_on_another_enterprise(city: Any, plant: Plant) -> None:
    far = create(WorkPost, city.far_safety_officer, {"enterprise": str(city.far_shop.pk), "name": "叉车工"})
    with pytest.raises(Invalid):
        edit(ControlMeasure, plant.measure.pk, plant.officer, {"responsible_post": str(far.pk)})
    with pytest.raises((Invalid, NotAllowed)):
        create(
            RiskObject, city.far_safety_officer, {"enterprise": str(city.workshop.pk), "name": "别家的车床"}
        )


def test_the_type_of_accident_is_one_in_force(city: Any, plant: Plant) -> None:
    with pytest.raises(Invalid):
        plant.new_event("触电", accident_type="2025-06")
    city.clock.to(date(2026, 7, 2))
    assert plant.new_event("触电", accident_type="2025-06").accident_type == "2025-06"
    with pytest.raises(Invalid) as refused:
        edit(RiskEvent, plant.event.pk, plant.officer, {"consequence": "断指"})
    assert "机械致害" in str(refused.value.errors["accident_type"][0])


def test_from_a_template_to_a_worker_who_confirms(city: Any) -> None:
    """The whole journey: template, correction, gradings approved many at once, the card on the wall, the shift."""
    officer, owner, firm = city.safety_officer, city.main_person, city.workshop
    trade = trades()["small_workshop"]
    enter(officer, firm, trade.rows(clock.today()), posts=trade.posts())
    events = RiskEvent.unscoped("a test reads").filter(enterprise=firm)
    pressed = events.get(name="手进入模区被压、被剪")
    archive(RiskObject, pressed.unit.risk_object_id, officer, "本厂没有冲压设备")
    welding = events.get(name="焊渣引燃周围可燃物")
    edit(RiskEvent, welding.pk, officer, {"consequence": "车间堆放木托盘，易蔓延"})
    assert fresh(welding).template == ""

    for grading in RiskGrading.unscoped("a test reads").filter(enterprise=firm).exclude(event=pressed):
        city.step(city.step(grading, "review", city.worker), "approve", owner)
    graded = events.filter(archived_at=None)
    assert graded.count() == trade.events() - 1
    assert not graded.filter(risk_level=0).exists()
    assert fresh(welding).risk_level == 3

    post = WorkPost.unscoped("a test reads").get(enterprise=firm, name="焊工")
    edit(WorkPost, post.pk, officer, {"filled_by": str(city.worker.post_id), "duty_phone": "0431-00001234"})
    assert {one.event_id for one in mine(city.worker).own} >= {welding.pk}
    page = f"/post-card/{post.card_token}"
    shown = Client().get(page).content.decode()
    assert "易蔓延" in shown
    assert "手进入模区" not in shown
    Client().post(page, {"worker_name": "李某", "shift": "day"})
    kept = ShiftConfirmation.unscoped("a test reads").get()
    assert (kept.post_id, kept.highest_level, kept.day) == (post.pk, 3, clock.today())


def test_each_count_of_the_comparisons_opens_the_events_that_make_it(city: Any, plant: Plant) -> None:
    """By industry and by area, for whoever looks, at a city, a county and a zone."""
    plant.approved()
    other = plant.new_event("铁屑飞溅伤眼")
    plant.approved(event=other, lec_l="10", lec_c="40")
    plant.new_event("还没有评级")
    ZoneMember.objects.create(zone=city.zone, territory=city.township)
    Account.objects.update(is_demo=True)  # else officers would first have to enrol their second factor
    opened = 0
    for actor, place in ((city.city_leader, ""), (city.officer, ""), (city.city_leader, city.zone.pk)):
        client = Client()
        client.force_login(Account.objects.get(pk=actor.account_id))
        if place:
            assert client.post("/scope", {"territory": str(place), "next": "/"}).status_code == 302
        shown = client.get("/risks/outputs/")
        assert sum(line.whole.number for line in shown.context["industries"]) == 2
        assert sum(line.whole.number for line in shown.context["areas"]) == 2
        for line in [*shown.context["industries"], *shown.context["areas"]]:
            assert line.whole.number == sum(one.number for one in line.counts)
            for one in [line.whole, *line.counts]:
                assert bool(one.url) == bool(one.number), line
                if one.url:
                    assert len(client.get(one.url).context["lines"]) == one.number, one.url
                    opened += 1
                    assert one.url.replace("&", "&amp;") in shown.content.decode()
    assert opened >= 12
    assert client.get("/risk-events/?industry_section=Z").status_code == 400
