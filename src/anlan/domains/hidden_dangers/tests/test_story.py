"""The journey of a hidden danger, in the field's words (article 15)."""

from __future__ import annotations

import io
import secrets
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import ListedSupervision
from anlan.kernel import clock, evidence, ledger
from anlan.kernel.loops import inbox, open_matter, sweep, take
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen


def awaited(actor: Any) -> set[str]:
    return {card.duty.key for card in inbox(actor)}


def test_general_danger_found_by_grid_inspector_is_closed_by_the_regulator(city: Any) -> None:
    danger = city.reports(by=city.grid_inspector)
    assert danger.state == "reported"
    assert danger.regulator == city.bureau
    assert "state:reported" in awaited(city.officer)
    assert "state:reported" in awaited(city.safety_officer)

    danger = city.step(danger, "grade", city.officer, rectify_by=city.in_days(7), measures="清理通道")
    assert (danger.state, danger.severity) == ("rectifying", "general")
    assert awaited(city.safety_officer) == {"state:rectifying"}

    danger = city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="已清理")
    assert danger.state == "in_review"
    assert awaited(city.officer) == {"state:in_review"}

    danger = city.step(danger, "accept", city.officer, photo="verified")
    assert danger.state == "closed"
    assert danger.closed_at is not None
    assert awaited(city.officer) == set()
    acts = [entry.act for entry in ledger.history(danger.pk)]
    assert acts == ["opened", "grade", "rectify", "accept"]


def test_self_found_danger_is_closed_by_another_person_of_the_enterprise(city: Any) -> None:
    danger = city.reports(by=city.safety_officer)
    danger = city.step(danger, "self_fix_at_once", city.safety_officer, photo="after", what_was_done="已接地")
    assert danger.state == "in_check"
    with pytest.raises(NotAllowed):
        city.step(danger, "check", city.safety_officer)
    danger = city.step(danger, "check", city.main_person)
    assert danger.state == "closed"


def test_a_criterion_makes_it_major_whatever_the_officer_thinks(city: Any) -> None:
    danger = city.reports(by=city.officer, topic="management")
    with pytest.raises(Invalid) as refused:
        city.step(danger, "grade", city.officer, rectify_by=city.in_days(3), measures="培训",
                  criteria="industry_trade", criterion="3.2")  # fmt: skip
    assert any("重大事故隐患" in reason.zh for reason in refused.value.errors[""])


def test_major_danger_with_plan_double_report_listing_and_delisting(city: Any) -> None:
    danger = city.reports(by=city.officer, topic="management")
    danger = city.step(danger, "grade_major", city.officer, criteria="industry_trade", criterion="3.2")
    assert (danger.state, danger.severity) == ("planning", "major")
    assert {"line:report_to_regulator", "line:report_to_congress", "state:planning"} <= awaited(
        city.safety_officer
    )
    listing = ListedSupervision.unscoped("a test reads the child").get(parent_id=danger.pk)
    assert listing.state == "proposed"

    with pytest.raises(Invalid) as refused:
        city.step(
            danger,
            "plan",
            city.main_person,
            goal="完成取证",
            measures="培训考核",
            rectify_by=city.in_days(30),
        )
    assert {"responsible_post", "funds_yuan", "emergency_plan"} <= set(refused.value.errors)
    danger = city.step(
        danger, "plan", city.main_person, goal="完成取证", measures="培训考核", rectify_by=city.in_days(30),
        responsible_post=str(city.safety_officer.post_id), funds_yuan="20000.50", emergency_plan="停用岗位",
    )  # fmt: skip
    listing = city.step(
        listing, "list_it", city.officer, level="county", requirements="限期整改", limit=city.in_days(40)
    )
    danger = city.step(
        danger,
        "apply_review",
        city.safety_officer,
        photo="after",
        what_was_done="全部取证",
        evaluation="合格",
        cost_yuan="18000",
    )
    with pytest.raises(NotAllowed):
        city.step(danger, "accept", city.officer, photo="verified")  # neither reported twice nor delisted
    danger = city.step(danger, "tell_regulator", city.main_person, report="现状、原因、方案")
    danger = city.step(danger, "tell_congress", city.main_person, report="现状、原因、方案")
    with pytest.raises(NotAllowed):
        city.step(danger, "accept", city.officer, photo="verified")
    listing = city.step(listing, "publish", city.officer, publication="区政府网站")
    listing = city.step(listing, "apply_delisting", city.main_person, evaluation="治理完成")
    listing = city.step(listing, "delist", city.officer, photo="verified", findings="符合")
    assert "state:to_publish" in awaited(city.officer)
    with pytest.raises(NotAllowed):
        city.step(danger, "accept", city.officer, photo="verified")  # the delisting is not published yet
    listing = city.step(listing, "publish_delisting", city.officer, delisting_publication="区政府网站")
    danger = city.step(danger, "accept", city.officer, photo="verified")
    assert (danger.state, listing.state) == ("closed", "delisted")


def test_lateness_escalates_to_the_city_and_fires_once(city: Any) -> None:
    danger = city.reports()
    danger = city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    assert sweep() == 0
    city.clock.forward(timedelta(days=60))  # an outage of two months
    assert sweep() == 3
    assert sweep() == 0
    acts = [entry.act for entry in ledger.history(danger.pk)]
    assert acts[-3:] == ["late_remind", "late_overdue", "late_escalate"]
    assert "watch:state:rectifying" in awaited(city.city_officer)
    danger = city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="已清理")
    assert "watch:state:rectifying" not in awaited(city.city_officer)


def test_extension_is_asked_by_one_and_granted_by_another(city: Any) -> None:
    danger = city.reports()
    danger = city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    before = danger.due_at
    danger = city.step(danger, "extend", city.safety_officer, until=city.in_days(9), reason="设备未到货")
    assert "request:extend" in awaited(city.officer)
    danger = city.step(danger, "extend_grant", city.officer)
    assert danger.due_at == before + timedelta(days=4)
    assert awaited(city.officer) == set()


def test_suspended_time_does_not_count(city: Any) -> None:
    danger = city.reports()
    danger = city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    due = danger.due_at
    danger = city.step(danger, "suspend", city.officer, reason="洪水封路")
    city.clock.forward(timedelta(days=20))
    assert sweep() == 0
    danger = city.step(danger, "resume", city.officer)
    assert danger.due_at == due + timedelta(days=20)


def test_work_moves_with_the_transfer(city: Any) -> None:
    danger = city.reports()
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="特种设备")
    assert danger.regulator == city.market
    with pytest.raises(Invalid):
        city.step(danger, "transfer", city.city_officer, new_regulator=str(city.far_bureau.pk), reason="x")


def test_recurrence_is_found(city: Any) -> None:
    first = city.reports(by=city.safety_officer, location="成品库")
    first = city.step(first, "self_fix_at_once", city.safety_officer, photo="after", what_was_done="清理")
    city.step(first, "check", city.main_person)
    city.clock.forward(timedelta(days=30))
    again = city.reports(by=city.grid_inspector, location="成品库")
    assert again.recurs
    assert again.earlier_id == first.pk


def test_two_at_once_one_wins_and_the_other_is_told(city: Any) -> None:
    danger = city.reports()
    version = danger.version
    from anlan.kernel.loops import take

    take("grade", danger, city.officer, {"rectify_by": city.in_days(5), "measures": "清理"}, version=version)
    with pytest.raises(Changed) as told:
        take(
            "grade",
            danger,
            city.second_officer,
            {"rectify_by": city.in_days(6), "measures": "别的"},
            version=version,
        )
    assert [entry.act for entry in told.value.since] == ["grade"]


def test_a_step_sent_twice_is_taken_once(city: Any) -> None:
    import uuid

    from anlan.kernel.loops import take

    danger = city.reports()
    key = uuid.uuid4()
    data = {"rectify_by": city.in_days(5), "measures": "清理"}
    first = take("grade", danger, city.officer, data, key=key)
    assert take("grade", danger, city.officer, data, key=key).pk == first.pk
    assert len(ledger.history(danger.pk)) == 2


def test_who_is_outside_sees_nothing_and_may_nothing(city: Any) -> None:
    danger = city.reports()
    for stranger in (city.far_officer, city.far_safety_officer, city.industry_officer):
        with pytest.raises(NotSeen):
            city.step(danger, "grade", stranger, rectify_by=city.in_days(5), measures="清理")
    with pytest.raises(NotAllowed):
        city.step(danger, "grade", city.city_leader, rectify_by=city.in_days(5), measures="清理")


def graded_major(city: Any) -> Any:
    return city.step(
        city.reports(by=city.officer, topic="management"), "grade_major", city.officer, criteria="industry_trade",
        criterion="3.2",
    )  # fmt: skip


def lowered(city: Any, danger: Any, by: Any, **more: Any) -> Any:
    answers = {"rectify_by": city.in_days(7), "measures": "补齐记录", "reason": "证书在有效期内", **more}
    return city.step(danger, "regrade_general", by, **answers)


def test_a_major_grade_found_wrong_is_lowered_by_somebody_else_once_its_listing_is_declined(
    city: Any,
) -> None:
    danger = graded_major(city)
    listing = ListedSupervision.unscoped("a test reads the child").get(parent_id=danger.pk)
    with pytest.raises(NotAllowed):
        lowered(city, danger, city.second_officer)  # its listing is not decided
    city.step(listing, "decline", city.officer, reason="判定有误")
    with pytest.raises(NotAllowed):
        lowered(city, danger, city.officer)  # graded it
    with pytest.raises(NotAllowed):
        lowered(city, danger, city.main_person)
    danger = lowered(city, danger, city.second_officer)
    assert (danger.state, danger.severity, danger.criterion) == ("rectifying", "general", "")
    assert awaited(city.main_person) == {"state:rectifying"}  # the double report is lifted
    danger = city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="已补")
    assert city.step(danger, "accept", city.officer, photo="verified").state == "closed"


def test_a_grade_that_the_criteria_still_make_major_is_not_lowered(city: Any) -> None:
    danger = graded_major(city)
    listing = ListedSupervision.unscoped("a test reads the child").get(parent_id=danger.pk)
    city.step(listing, "decline", city.officer, reason="待查")
    with pytest.raises(Invalid):
        lowered(city, danger, city.second_officer, criteria="industry_trade", criterion="3.2")
    assert city.fresh(danger.pk).severity == "major"


def test_the_picture_of_the_danger_is_no_proof_that_it_is_gone(city: Any) -> None:
    picture = io.BytesIO()
    Image.frombytes("RGB", (2, 2), secrets.token_bytes(12)).resize((64, 48)).save(picture, "JPEG")

    def upload(by: Any) -> Any:
        return evidence.receive(io.BytesIO(picture.getvalue()), "again.jpg", account_id=by.account_id).pk

    answers = {"enterprise": str(city.workshop.pk), "topic": "fire", "description": "通道堵塞",
               "found_on": clock.today().isoformat()}  # fmt: skip
    entry = open_matter(
        HiddenDangerLoop, city.grid_inspector, answers, evidence={"before": [upload(city.grid_inspector)]}
    )
    danger = city.step(
        city.fresh(entry.chain), "grade", city.officer, rectify_by=city.in_days(5), measures="清理"
    )
    with pytest.raises(Invalid) as refused:
        take("rectify", danger, city.safety_officer, {"what_was_done": "已清理"},
             evidence={"after": [upload(city.safety_officer)]})  # fmt: skip
    assert "after" in refused.value.errors
    assert (
        city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="已清理").state
        == "in_review"
    )


@pytest.mark.parametrize(("before", "now", "recurs"), [("二车间 东门", "二车间东门", True), ("A-1", "ａ１", True),
                                                      ("二车间", "三车间", False)])  # fmt: skip
def test_a_place_written_otherwise_is_the_same_place(city: Any, before: str, now: str, recurs: bool) -> None:
    danger = city.reports(by=city.safety_officer, location=before)
    danger = city.step(danger, "self_fix_at_once", city.safety_officer, photo="after", what_was_done="已清")
    city.step(danger, "check", city.main_person)
    assert city.reports(location=now).recurs is recurs
