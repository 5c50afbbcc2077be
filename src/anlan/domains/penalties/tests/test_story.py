"""The whole chain: an alarm becomes a danger, the danger is looked at on site, the case is filed, decided, paid and closed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from anlan.domains.alarms.loop import AlarmLoop
from anlan.domains.alarms.models import Alarm, DataDevice, Sensor
from anlan.domains.alarms.telling import MONITORING
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.loop import SiteVisitLoop
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.penalties.loop import PenaltyCaseLoop
from anlan.domains.penalties.models import PenaltyCase
from anlan.kernel import clock, ledger
from anlan.kernel.identity.models import Account
from anlan.kernel.loops import inbox, open_matter, sweep
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.loops.replaying import replay
from anlan.kernel.registers import create
from anlan.kernel.registers.errors import Invalid, KeepingError, NotAllowed, NotSeen


def handled_by(city: Any) -> dict[str, str]:
    """Two officers with their certificates."""
    return {
        "first_officer": str(city.officer.post_id), "first_certificate": "吉A0001",
        "second_officer": str(city.second_officer.post_id), "second_certificate": "吉A0002", "no_conflict": "true",
    }  # fmt: skip


def proposal(city: Any, **more: str) -> dict[str, str]:
    return {
        "enterprise": str(city.workshop.pk), "facts": "安全出口被货物堵塞，责令限期整改后仍未消除", "act_on": "2026-03-02",
        "respondent_kind": "unit", "basis": "P102", **handled_by(city), **more,
    }  # fmt: skip


def filed(city: Any, by: Any = None, **more: str) -> PenaltyCase:
    entry = open_matter(PenaltyCaseLoop, by or city.officer, proposal(city, **more))
    return PenaltyCase.unscoped("a test reads the result").get(pk=entry.chain)


NOTICE = {
    "findings": "现场照片两张，询问笔录一份", "notified_yuan": "30000", "other_penalty": "none", "hearing_right": "no",
    "hearing_grounds": "省级尚未公布新的数额，按原数额判断",
}  # fmt: skip


def notified(city: Any, **more: Any) -> PenaltyCase:
    case = city.step(filed(city), "approve", city.second_officer, filed_by="李局长")
    day = clock.today().isoformat()
    return city.step(
        case, "notify", city.officer, **{**NOTICE, "notified_on": day, "respond_by": day, **more}
    )


def decided(city: Any, **more: str) -> PenaltyCase:
    case = notified(city)
    city.clock.forward(timedelta(days=1))
    case = city.step(case, "hear_out", city.officer)
    said = {"decided_yuan": "30000", "decision": "情节一般", "decided_by": "李局长", **more}
    return city.step(case, "decide", city.officer, **said)


def to_day(city: Any, day: date, at: time = time(10)) -> None:
    city.clock.to(datetime.combine(day, at, clock.CHINA))


def refused(act: Any) -> dict[str, Any]:
    with pytest.raises(Invalid) as fault:
        act()
    return dict(fault.value.errors)


# --- the chain


@pytest.fixture
def chain(city: Any) -> dict[str, Any]:
    """An alarm, the danger it became, the inspection of the danger, and the case filed from it, as the pages file it."""
    keeper = city.safety_officer
    device = create(
        DataDevice, keeper, {"enterprise": str(city.workshop.pk), "name": "网关", "username": "gateway-1"}
    )
    given = {"device": str(device.pk), "name": "液位", "tag": "LT-1", "quantity": "level", "limit_h": "8"}
    sensor = create(Sensor, keeper, given)
    crossed = {"condition": 1, "kind": "H", "raised_at": clock.now().isoformat()}
    alarm = Alarm.unscoped("a test").get(pk=open_matter(AlarmLoop, MONITORING, crossed, parent=sensor).chain)
    alarm = city.step(alarm, "to_danger", keeper, danger_description="控制阀动作迟缓")
    danger = HiddenDanger.unscoped("a test").get(pk=alarm.danger)
    officer = signed_in(city.officer)
    visited = through_the_form(officer, "site-visits", f"danger={danger.pk}")
    visit = SiteVisit.unscoped("a test").get(pk=visited)
    more = {k: v for k, v in proposal(city).items() if k not in {"enterprise", "facts", "act_on"}}
    case = PenaltyCase.unscoped("a test").get(
        pk=through_the_form(officer, "penalty-cases", f"visit={visit.pk}", **more)
    )
    return {"alarms": alarm, "hidden-dangers": danger, "site-visits": visit, "penalty-cases": case}


def signed_in(actor: Any) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    account = Account.objects.get(pk=actor.account_id)
    Account.objects.filter(pk=account.pk).update(is_demo=True)  # asks for no second factor
    client.force_login(account)
    return client


def through_the_form(client: Client, slug: str, about: str, **answers: str) -> str:
    """Open a matter as the button on a page does: what the form carries is sent as it stands, and the rest answered."""
    page = client.get(f"/{slug}/new?{about}")
    assert page.status_code == 200, page.content[:300]
    form = page.context["form"]
    carried = {}
    for name in form.fields:
        value = form[name].value()
        if value not in (None, ""):
            carried[name] = str(getattr(value, "pk", value))
    sent = client.post(
        f"/{slug}/new", {**carried, **answers, "summary": answers.get("summary", "现场查看，隐患仍在")}
    )
    assert sent.status_code == 302, sent.content.decode()[:20000]
    return str(sent["Location"]).rstrip("/").rsplit("/", 1)[-1]


def test_an_alarm_leads_to_a_case_and_every_page_shows_the_whole_chain(
    city: Any, chain: dict[str, Any]
) -> None:
    case = chain["penalty-cases"]
    assert case.enterprise == city.workshop
    assert (case.parent_loop, chain["site-visits"].parent_loop) == ("site-visits", "hidden-dangers")
    assert "隐患仍在" in case.facts, "what the inspection says is carried, not typed again"
    assert "danger" in refused(
        lambda: filed(city, city.second_officer, danger=str(chain["hidden-dangers"].pk))
    )
    officer, far, party = signed_in(city.officer), signed_in(city.far_officer), signed_in(city.safety_officer)
    for slug, row in chain.items():
        links = officer.get(f"/{slug}/{row.pk}/").context["chain"]
        assert [link.url.split("/")[1] for link in links] == ["sensors", *chain], slug
        assert [link.number for link in links if link.is_here] == [row.number]
        assert all(str(link.state.words) for link in links)
        assert far.get(f"/{slug}/{row.pk}/").status_code == 404
    danger = chain["hidden-dangers"]
    for_party = party.get(f"/hidden-dangers/{danger.pk}/").context["chain"]
    assert [link.url.split("/")[1] for link in for_party] == [
        "sensors",
        "alarms",
        "hidden-dangers",
        "site-visits",
    ]
    assert party.get(f"/penalty-cases/{case.pk}/").status_code == 404, "the party sees it once it is notified"
    # Only an inspection under way and a case not ended keep from offering another; enterprises are offered neither.
    doors = [str(words) for words, _ in officer.get(f"/alarms/{chain['alarms'].pk}/").context["doors"]]
    assert doors == ["登记检查"]
    assert not party.get(f"/hidden-dangers/{danger.pk}/").context["doors"]


def test_an_inspection_starts_from_an_alarm_and_only_of_the_same_enterprise(
    city: Any, chain: dict[str, Any]
) -> None:
    visit = through_the_form(signed_in(city.officer), "site-visits", f"alarm={chain['alarms'].pk}")
    row = SiteVisit.unscoped("a test").get(pk=visit)
    assert (row.parent_loop, row.parent_id, row.purpose) == ("alarms", chain["alarms"].pk, "special")
    other = city.enterprise("另一家机械厂", city.village, "3489", 7)
    asked = {"enterprise": str(other.pk), "purpose": "routine", "danger": str(chain["hidden-dangers"].pk)}
    assert "danger" in refused(lambda: open_matter(SiteVisitLoop, city.officer, asked))


# --- filing


def test_a_source_is_filed_once_and_officers_must_be_fit(city: Any) -> None:
    danger = city.reports(by=city.officer)
    case = filed(city, danger=str(danger.pk))
    again = refused(lambda: filed(city, city.second_officer, danger=str(danger.pk)))
    assert case.number in str(again["danger"][0])
    city.step(case, "decline", city.second_officer, reason="证据不足")
    assert filed(city, danger=str(danger.pk)).state == "proposed"
    for wrong, field in (
        ({"second_officer": str(city.officer.post_id)}, "second_officer"),
        ({"second_officer": str(city.far_officer.post_id)}, "second_officer"),
        ({"second_certificate": "吉A0001"}, "second_certificate"),
        ({"no_conflict": ""}, "no_conflict"),
        ({"respondent_kind": "person"}, "respondent"),
        ({"act_on": city.in_days(1)}, "act_on"),
        ({"act_on": "2024-03-01"}, "act_on"),  # two years have gone
        ({"act_on": "2019-01-01", "harms_life": "true"}, "act_on"),  # no rule of that day is on file
    ):
        assert field in refused(lambda wrong=wrong: filed(city, **wrong)), wrong
    assert filed(city, act_on="2024-03-01", harms_life="true").harms_life
    for actor in (city.safety_officer, city.township_officer, city.grid_inspector):
        with pytest.raises(NotAllowed):
            filed(city, actor)
    with pytest.raises((NotAllowed, Invalid)):
        filed(city, city.far_officer)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_file_at_once_one_files(city: Any) -> None:
    danger = city.reports(by=city.officer)

    def file(by: Any) -> str:
        try:
            return filed(city, by, danger=str(danger.pk)).number
        except Invalid as refusal:
            return str(next(iter(refusal.errors)))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        said = sorted(both.map(file, (city.officer, city.second_officer)))
    (case,) = PenaltyCase.unscoped("a test").filter(danger=danger)
    assert said == sorted([case.number, "danger"])
    connection.close()


# --- the procedure


def test_the_ordinary_procedure_from_filing_to_the_archive(city: Any) -> None:
    case = filed(city)
    with pytest.raises(NotAllowed):
        city.step(case, "approve", city.officer, filed_by="李局长")
    case = city.step(case, "approve", city.second_officer, filed_by="李局长")
    with pytest.raises(NotSeen):
        city.step(case, "defend", city.safety_officer, defence="已整改")
    assert (case.filed_on, case.decide_by) == (date(2026, 3, 2), date(2026, 5, 31))
    day = clock.today().isoformat()
    case = city.step(case, "notify", city.officer, **{**NOTICE, "notified_on": day, "respond_by": day})
    assert not [card for card in inbox(city.safety_officer) if card.matter == case]
    case = city.step(case, "defend", city.safety_officer, defence="已整改")
    assert "" in refused(lambda: city.step(case, "hear_out", city.officer))
    city.clock.forward(timedelta(days=1))
    case = city.step(case, "hear_out", city.officer)
    said = {"decision": "情节一般", "decided_by": "李局长"}
    assert "decided_yuan" in refused(
        lambda: city.step(case, "decide", city.officer, decided_yuan="30000.01", **said)
    )
    case = city.step(case, "decide", city.officer, decided_yuan="30000", **said)
    assert (case.serve_by, case.publish_by) == (date(2026, 3, 12), date(2026, 3, 12))
    case = city.step(
        case, "serve", city.officer, "receipt", served_on=clock.today().isoformat(), service_way="direct"
    )
    assert (case.state, case.pay_by) == ("served", date(2026, 3, 18))
    assert case in [card.matter for card in inbox(city.safety_officer)]
    paid = {"paid_on": clock.today().isoformat(), "paid_yuan": "30000"}
    case = city.step(case, "pay", city.officer, **paid)
    with pytest.raises(NotAllowed):
        city.step(case, "close", city.officer, closing_note="履行完毕")
    case = city.step(case, "publish", city.officer, publication="局网站处罚公示栏")
    case = city.step(case, "close", city.officer, closing_note="履行完毕")
    assert case.state == "closed"
    assert duty_faults(case) == []
    found = replay(case)
    assert found.agrees, (found.differences, [step for step in found.steps if step.differences])
    assert (
        signed_in(city.safety_officer).get(f"/penalty-cases/{case.pk}/documents/decision").status_code == 200
    )


def test_each_clock_ends_on_its_day(city: Any) -> None:
    """Late the moment after, never before: 90 days, 7 working days, 15 days, 10 days of demand."""
    case = city.step(filed(city), "approve", city.second_officer, filed_by="李局长")
    to_day(city, date(2026, 5, 31), time(23, 59))
    late = PenaltyCase.unscoped("a test").get(pk=case.pk)
    assert not late.is_late
    to_day(city, date(2026, 6, 1), time(0, 1))
    assert PenaltyCase.unscoped("a test").get(pk=case.pk).is_late
    sweep()
    assert "late_overdue" in [entry.act for entry in ledger.history(case.pk)]


def test_the_surcharge_runs_from_the_day_after_and_never_above_the_fine(city: Any) -> None:
    case = decided(city)
    served = {"served_on": clock.today().isoformat(), "service_way": "direct"}
    case = city.step(case, "serve", city.officer, "receipt", **served)
    assert "" in refused(
        lambda: city.step(case, "demand", city.officer, demanded_on=clock.today().isoformat())
    )
    to_day(city, date(2026, 3, 28))  # ten days after the last day to pay
    case = city.step(case, "demand", city.officer, demanded_on="2026-03-28")
    assert "" in refused(lambda: city.step(case, "ask_court", city.officer, court="南关区人民法院"))
    to_day(city, date(2026, 4, 7), time(23))
    assert "" in refused(lambda: city.step(case, "ask_court", city.officer, court="南关区人民法院"))
    to_day(city, date(2026, 4, 8))
    case = city.step(case, "ask_court", city.officer, court="南关区人民法院")
    fault = refused(lambda: city.step(case, "pay", city.officer, paid_on="2026-03-19", paid_yuan="30000"))
    assert "30900" in str(fault["paid_yuan"][0])
    long_after = city.step(case, "pay", city.officer, paid_on="2026-04-08", paid_yuan="48900")
    assert long_after.surcharge_yuan == 18900  # 21 days at 3 %


def test_before_february_2026_thirty_days_hold_and_the_head_may_prolong_them(city: Any) -> None:
    to_day(city, date(2026, 1, 31))
    case = filed(city, act_on="2026-01-30")
    case = city.step(case, "approve", city.second_officer, filed_by="李局长")
    assert case.decide_by == date(2026, 3, 2)
    (rule,) = [one for one in ledger.history(case.pk)[-1].rules if one["key"] == "penalties.decide_within"]
    assert (rule["value"], rule["confidence"]) == (30, "memory")
    assert "未与原文核对" in str(ledger.history(case.pk)[-1].data)
    case = city.step(case, "prolong", city.officer, reason="需要鉴定")
    assert case.decide_by == date(2026, 5, 1)
    with pytest.raises(KeepingError):
        city.step(case, "prolong", city.officer, reason="再延")
    to_day(city, date(2026, 2, 2))
    later = city.step(filed(city, act_on="2026-02-01"), "approve", city.second_officer, filed_by="李局长")
    with pytest.raises(KeepingError):
        city.step(later, "prolong", city.officer, reason="需要鉴定")


# --- the notice and the hearing


def test_a_notice_keeps_to_bracket_hearing_right_and_time(city: Any) -> None:
    case = city.step(filed(city), "approve", city.second_officer, filed_by="李局长")
    day = clock.today().isoformat()
    sound = {**NOTICE, "notified_on": day, "respond_by": day}
    for wrong, field in (
        ({"notified_yuan": "50000.01"}, "notified_yuan"),
        ({"notified_on": city.in_days(1)}, "notified_on"),
        ({"respond_by": city.in_days(-1)}, "respond_by"),
        ({"hearing_right": ""}, "hearing_right"),
        ({"other_penalty": "stop"}, "hearing_right"),
        ({"hearing_right": "yes", "respond_by": "2026-03-08"}, "respond_by"),
    ):
        told = {**sound, **wrong}
        assert field in refused(lambda told=told: city.step(case, "notify", city.officer, **told)), wrong
    case = city.step(
        case, "notify", city.officer, **{**sound, "hearing_right": "yes", "respond_by": "2026-03-09"}
    )
    assert "较大数额罚款的现行标准未录入" in str(ledger.history(case.pk)[-1].data)
    case = city.step(case, "look_again", city.officer, reason="补充询问")
    more = {**sound, "notified_yuan": "40000"}
    assert "new_facts" in refused(lambda: city.step(case, "notify", city.officer, **more))
    case = city.step(case, "notify", city.officer, **more, new_facts="另查明二层出口同样被堵")
    assert case.notified_yuan == 40000


def test_up_to_january_2026_a_large_fine_carries_the_right_to_a_hearing(city: Any) -> None:
    to_day(city, date(2026, 1, 28))
    case = filed(city, act_on="2026-01-27", basis="P98")
    case = city.step(case, "approve", city.second_officer, filed_by="李局长")
    told = {**NOTICE, "notified_yuan": "100000", "notified_on": "2026-01-28", "respond_by": "2026-02-04"}
    assert "hearing_right" in refused(lambda: city.step(case, "notify", city.officer, **told))
    assert city.step(case, "notify", city.officer, **{**told, "hearing_right": "yes"}).state == "notified"


def test_a_hearing_is_asked_for_in_time_called_in_time_and_followed_by_review(city: Any) -> None:
    case = notified(city, hearing_right="yes", respond_by="2026-03-09")
    to_day(city, date(2026, 3, 9), time(23))
    case = city.step(case, "ask_hearing", city.safety_officer)
    third = city.person("county_officer", city.bureau, "county_officer_3")
    chair = str(third.post_id)
    call = {"hearing_on": "2026-03-17", "hearing_chair": chair}
    assert "hearing_on" in refused(lambda: city.step(case, "call_hearing", city.officer, **call))
    by_an_officer = {"hearing_on": "2026-03-18", "hearing_chair": str(city.officer.post_id)}
    assert "hearing_chair" in refused(lambda: city.step(case, "call_hearing", city.officer, **by_an_officer))
    case = city.step(case, "call_hearing", city.officer, **{**call, "hearing_on": "2026-03-18"})
    held = {"hearing_report": "双方意见已记录"}
    assert "" in refused(lambda: city.step(case, "hold_hearing", third, "hearing", **held))
    to_day(city, date(2026, 3, 18))
    case = city.step(case, "hold_hearing", third, "hearing", **held)
    opinion = {"review_opinion": "事实清楚，程序合法"}
    assert "" in refused(lambda: city.step(case, "pass_review", city.officer, **opinion))
    case = city.step(case, "pass_review", third, **opinion)
    assert (case.state, case.needs_review) == ("deciding", True)
    case = city.step(
        case, "decide", third, decided_yuan="0", decision="警告", decided_by="李局长", mitigation=""
    )
    case = city.step(case, "serve_unfined", third, "receipt", served_on="2026-03-18", service_way="direct")
    assert case.state == "performed"


def test_a_hearing_asked_for_late_is_refused_and_the_other_ends_are_ends(city: Any) -> None:
    case = notified(city, hearing_right="yes", respond_by="2026-03-09")
    to_day(city, date(2026, 3, 10))
    assert "" in refused(lambda: city.step(case, "ask_hearing", city.safety_officer))
    case = city.step(case, "hear_out", city.officer)
    spared = city.step(case, "spare", city.officer, decision="轻微并及时改正", decided_by="李局长")
    assert spared.state == "spared"
    for step, more in (
        ("drop", {"reason": "事实不成立"}),
        ("hand_over", {"reason": "涉嫌犯罪", "transferred_to": "police"}),
    ):
        case = city.step(filed(city), "approve", city.second_officer, filed_by="李局长")
        with pytest.raises(NotAllowed):
            city.step(case, step, city.city_officer, **more)  # another department's case
        assert not city.step(case, step, city.officer, **more).is_open
