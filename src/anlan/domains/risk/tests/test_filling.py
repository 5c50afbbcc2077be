"""Filling a tree: from templates, worksheets and spreadsheets, all of it or nothing; what each person then finds."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from anlan.domains.risk.accident_types import accident_types, proposed
from anlan.domains.risk.cycles import cycle_of
from anlan.domains.risk.factors import factors
from anlan.domains.risk.grading import calculator_input
from anlan.domains.risk.models import (
    ControlMeasure,
    Division,
    RiskEvent,
    RiskGrading,
    RiskUnit,
    ShiftConfirmation,
    WorkPost,
)
from anlan.domains.risk.queries import mine
from anlan.domains.risk.rows import RowsRefused, enter
from anlan.domains.risk.sheets import rows_of_table, rows_of_worksheet, type_of
from anlan.domains.risk.trades import trades
from anlan.domains.risk.words import MEASURE_KINDS
from anlan.kernel import ledger, rules
from anlan.kernel.identity.models import Account
from anlan.kernel.registers import edit
from anlan.kernel.registers.errors import NotAllowed

ON = date(2026, 3, 2)
HEAD = [
    "风险点",
    "分析单元",
    "风险事件",
    "因素",
    "事故类型",
    "L",
    "E",
    "C",
    "措施类别",
    "管控措施",
    "排查周期",
    "责任岗位",
]
LINES = [
    ["配电室", "配电柜", "误入带电间隔触电", "人", "触电", 3, 3, 15, "工程技术", "柜门上锁", "每天", "电工"],
    ["", "", "", "", "", "", "", "", "培训教育", "电工持证上岗", "3个月", "安全员"],
]


def rows_in(model: Any, firm: Any) -> int:
    return model.unscoped("a test counts").filter(enterprise=firm).count()


def signed_in(actor: Any) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


@pytest.mark.parametrize("key", sorted(trades()))
def test_every_template_is_whole(key: str) -> None:
    trade = trades()[key]
    assert trade.words.zh
    assert trade.words.en.isascii()
    for on in (date(2026, 3, 2), date(2026, 7, 2)):
        rows = list(trade.rows(on))
        assert len(rows) == trade.measures() >= 20
        posts = {post.name for post in trade.posts()}
        for row in rows:
            assert row.post in posts, row.measure
            assert accident_types()[row.accident_type].is_in_force(on), row.event
            assert row.factor in factors()
            assert row.kind in dict(MEASURE_KINDS)
            assert row.check_content
            assert row.consequence
            if row.method == "lec":
                assert rules.run(
                    "risk-lec", calculator_input({"method": "lec", **row.scores}, on.isoformat())
                )["D"]
    assert all(post.emergency and post.safe_operation for post in trade.posts())
    levels = {row.kind for row in trade.rows(ON)}
    assert len(levels) >= 4, "measures of most kinds"


def test_an_officer_begins_with_a_template_in_one_step(city: Any) -> None:
    page = f"/enterprises/{city.workshop.pk}/risk-start"
    client = signed_in(city.safety_officer)
    assert "小加工厂" in client.get(page).content.decode()
    answer = client.post(page, {"trade": "small_workshop"})
    assert answer["Location"] == f"/enterprises/{city.workshop.pk}/risks"
    trade = trades()["small_workshop"]
    assert rows_in(ControlMeasure, city.workshop) == trade.measures()
    assert rows_in(RiskEvent, city.workshop) == trade.events() == rows_in(RiskGrading, city.workshop)
    shown = client.get(answer["Location"]).content.decode()
    assert "旋转部件卷入手臂" in shown
    assert "模板" in shown
    client.post(page, {"trade": "small_workshop"})
    assert rows_in(ControlMeasure, city.workshop) == trade.measures(), "what is known is not entered twice"


def test_only_the_enterprise_itself_fills_its_tree(city: Any) -> None:
    with pytest.raises(NotAllowed):
        enter(city.officer, city.workshop, trades()["warehouse"].rows(ON))
    assert (
        signed_in(city.worker)
        .post(f"/enterprises/{city.workshop.pk}/risk-start", {"trade": "warehouse"})
        .status_code
        == 403
    )
    far = signed_in(city.far_safety_officer)
    assert far.get(f"/enterprises/{city.workshop.pk}/risks").status_code == 404
    assert rows_in(RiskEvent, city.workshop) == 0


def test_a_table_of_the_whole_tree_is_entered(city: Any) -> None:
    entered = enter(city.safety_officer, city.workshop, rows_of_table(HEAD, LINES, ON))
    assert (
        entered.objects,
        entered.units,
        entered.events,
        entered.measures,
        entered.posts,
        entered.gradings,
    ) == (1, 1, 1, 2, 2, 1)
    measure = ControlMeasure.unscoped("a test").get(description="电工持证上岗")
    assert (measure.check_cycle, measure.check_cycle_unit, measure.responsible_post.name) == (
        3,
        "month",
        "安全员",
    )
    assert RiskEvent.unscoped("a test").get().accident_type == "1986-05"
    again = enter(city.safety_officer, city.workshop, rows_of_table(HEAD, LINES, ON))
    assert vars(again) == dict.fromkeys(vars(again), 0)


def test_a_table_with_faults_enters_nothing_and_names_them_all(city: Any) -> None:
    wrong = [
        *LINES,
        ["锅炉房", "锅炉", "缺水爆炸", "天", "没有的类型", 4, 3, 15, "随便", "水位联锁", "时常", ""],
    ]
    with pytest.raises(RowsRefused) as refused:
        enter(city.safety_officer, city.workshop, rows_of_table(HEAD, wrong, ON))
    assert set(refused.value.faults[4]) == {"factor", "accident_type", "kind", "cycle", "post"}
    off = [
        *LINES,
        ["锅炉房", "锅炉", "缺水爆炸", "物", "锅炉爆炸", 4, 3, 15, "工程技术", "水位联锁", "每班", "司炉工"],
    ]
    with pytest.raises(RowsRefused) as refused:
        enter(city.safety_officer, city.workshop, rows_of_table(HEAD, off, ON))
    assert set(refused.value.faults[4]) == {"lec_l"}
    assert rows_in(RiskEvent, city.workshop) == rows_in(WorkPost, city.workshop) == 0


def test_a_worksheet_enters_its_rows_below_the_unit(city: Any) -> None:
    enter(city.safety_officer, city.workshop, rows_of_table(HEAD, LINES, ON))
    unit = RiskUnit.unscoped("a test").get()
    client, page = signed_in(city.safety_officer), f"/risk-units/{unit.pk}/worksheet"
    shown = client.get(page).content.decode()
    assert "检查项目" in shown
    sent = {
        "kind": "scl", "method": "ls", "1-step": "接地", "1-standard": "可靠接地", "1-event": "接地断开", "1-L": "3", "1-S": "4",
        "1-engineering": "接地线完好", "1-training": "岗前培训", "1-cycle": "每周", "1-post": "电工", "3-step": "绝缘垫",
        "3-event": "绝缘垫老化", "3-L": "2", "3-S": "9",
    }  # fmt: skip
    answer = client.post(page, sent)
    assert answer.status_code == 422
    assert "第 3 行" in answer.content.decode()
    assert "接地断开" in answer.content.decode(), "what was typed stays"
    assert client.post(page, {**sent, "3-S": "3"}).status_code == 302
    event = RiskEvent.unscoped("a test").get(name="接地断开")
    measures = ControlMeasure.unscoped("a test counts").filter(event=event)
    assert (event.worksheet, event.standard, measures.count()) == ("scl", "可靠接地", 2)
    assert RiskGrading.unscoped("a test").get(event=event).risk_level == 3


def test_each_person_finds_the_own_measures(city: Any) -> None:
    enter(city.safety_officer, city.workshop, rows_of_table(HEAD, LINES, ON))
    assert mine(city.worker).own == []
    post = WorkPost.unscoped("a test").get(name="电工")
    edit(WorkPost, post.pk, city.safety_officer, {"filled_by": str(city.worker.post_id)})
    assert [one.description for one in mine(city.worker).own] == ["柜门上锁"]
    grading = RiskGrading.unscoped("a test").get()
    city.step(city.step(grading, "review", city.worker), "approve", city.main_person)
    assert grading.risk_level == 2
    team = Division(enterprise=city.workshop, name="电工班", kind="team")
    assert mine(city.far_safety_officer).own == []
    assert mine(city.officer).own == []
    page = signed_in(city.worker).get("/my-measures/").content.decode()
    assert "柜门上锁" in page
    assert "电工持证上岗" not in page
    assert team.kind == "team"


def test_a_worker_confirms_on_the_card_without_an_account(city: Any) -> None:
    enter(city.safety_officer, city.workshop, rows_of_table(HEAD, LINES, ON))
    post = WorkPost.unscoped("a test").get(name="电工")
    edit(
        WorkPost,
        post.pk,
        city.safety_officer,
        {"person_name": "不公开的名字", "duty_phone": "0431-00012345", "emergency": "断电\n救人"},
    )
    page = f"/post-card/{post.card_token}"
    client = Client()
    shown = client.get(page).content.decode()
    for said in ("误入带电间隔触电", "柜门上锁", "0431-00012345", "断电"):
        assert said in shown
    for hidden in ("不公开的名字", "电工持证上岗", "安全员"):
        assert hidden not in shown
    assert client.post(page, {"worker_name": " ", "shift": "day"}).status_code == 422
    assert client.post(page, {"worker_name": "王某", "shift": "noon"}).status_code == 422
    for _ in range(2):
        assert client.post(page, {"worker_name": "王某", "shift": "day"}).status_code == 200
    kept = ShiftConfirmation.unscoped("a test").get()
    assert (kept.worker_name, kept.shift, kept.events_shown, kept.holder_id) == (
        "王某",
        "day",
        1,
        city.workshop.holder_id,
    )
    entry = next(iter(ledger.history(kept.pk)))
    assert "王某" not in str(entry.data)
    for token in ("guess", "a" * 24, "%20" * 20, "x" * 400):
        assert client.get(f"/post-card/{token}").status_code == 404
    assert client.post("/post-card/guess", {"worker_name": "x", "shift": "day"}).status_code == 404


def test_what_hangs_on_the_wall_is_drawn(city: Any) -> None:
    enter(
        city.safety_officer,
        city.workshop,
        trades()["small_workshop"].rows(ON),
        posts=trades()["small_workshop"].posts(),
    )
    post = WorkPost.unscoped("a test").get(name="焊工")
    client = signed_in(city.safety_officer)
    firm = f"/enterprises/{city.workshop.pk}"
    for page, said in (
        (f"{firm}/risk-board", "安监总局令第70号"), (f"{firm}/control-list", "回火防止器"),
        (f"/work-posts/{post.pk}/card", "关气瓶阀"), (f"/work-posts/{post.pk}/", "岗位卡"),
    ):  # fmt: skip
        answer = client.get(page)
        assert answer.status_code == 200
        assert said in answer.content.decode(), page


def test_an_official_reaches_the_thirteen_outputs(city: Any) -> None:
    account = Account.objects.get(pk=city.officer.account_id)
    account.totp_confirmed_at = city.workshop.created_at
    account.save(update_fields=["totp_confirmed_at"])
    client = signed_in(city.officer)
    shown = client.get("/risks/outputs/")
    assert shown.context["outputs"][-1].number == 13
    assert [one.url for one in shown.context["outputs"] if one.number in (2, 4)] == ["/four-colour-map/"] * 2
    for one in shown.context["outputs"]:
        if not one.url.startswith("#"):
            assert client.get(one.url).status_code == 200, one.url
    assert client.get("/risks/").status_code == 200
    assert signed_in(city.worker).get("/risks/outputs/").status_code == 403


@pytest.mark.parametrize(
    ("text", "cycle"),
    [("每半年", ("6", "month")), ("半年", ("6", "month")), ("每两周", ("2", "week")), ("双周", ("2", "week")),
     ("每半月", ("15", "day")), ("1次/2天", ("2", "day")), ("每班两次", None), ("2次/班", None), ("每天2次", ("12", "hour")),
     ("隔天", ("2", "day")), ("每旬一次", ("10", "day")), ("每十二小时", ("12", "hour")), ("四次/年", ("3", "month")),
     ("每周检查一次", ("1", "week")), ("每月最后一天", None), ("开工前", None), ("2 weeks", ("2", "week")), ("半小时", None),
     ("0次/天", None), ("每天", ("1", "day")), ("1次/班", ("1", "shift")), ("每周1次", ("1", "week")), ("3个月", ("3", "month")),
     ("2 week", ("2", "week")),
     ("每季度", ("1", "quarter")), ("时常", None), ("0天", None)],
)  # fmt: skip
def test_cycles_are_read_as_people_write_them(text: str, cycle: Any) -> None:
    assert cycle_of(text) == cycle


def test_types_of_accident_are_read_by_either_edition() -> None:
    assert type_of("机械伤害", date(2026, 7, 2)) == "2025-04"
    assert type_of("机械致害", date(2026, 3, 2)) == "1986-03"
    assert type_of("没有", ON) is None
    for key, kind in accident_types().items():
        on = date(2026, 7, 2) if kind.valid_until else date(2026, 3, 2)
        assert proposed(key, on) in {"", *accident_types()}


def test_an_empty_worksheet_is_no_row() -> None:
    assert rows_of_worksheet([{"step": " "}], kind="jsa", method="lec", on=ON) == []
