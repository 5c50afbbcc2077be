"""A whole tree from a spreadsheet: in the background, wrong rows with their reasons, cancelled, undone as one act."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from anlan.domains.risk.bringing import SLUG
from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskGrading, RiskObject, RiskUnit, WorkPost
from anlan.domains.risk.rows import enter
from anlan.domains.risk.sheets import rows_of_table
from anlan.domains.risk.tests.test_filling import HEAD, LINES, ON, rows_in, signed_in
from anlan.kernel import jobs, ledger
from anlan.kernel.jobs import working
from anlan.kernel.jobs.models import CANCELLED, DONE, FAILED, RUNNING, Task
from anlan.kernel.registers import create, edit
from anlan.kernel.registers.errors import NotSeen
from anlan.kernel.scope.models import Membership
from anlan.kernel.spreadsheets import importing, preparing, undoing
from anlan.kernel.spreadsheets.models import Import
from anlan.kernel.spreadsheets.trying import tried

EVERY = (RiskObject, RiskUnit, RiskEvent, ControlMeasure, WorkPost)
WRONG = [
    ["锅炉房", "锅炉", "缺水爆炸", "天", "没有的类型", 4, 3, 15, "随便", "水位联锁", "时常", ""],
    ["锅炉房", "锅炉", "超压爆炸", "物", "锅炉爆炸", 4, 3, 15, "工程技术", "安全阀校验", "每年", "司炉工"],
]
MORE = [
    "空压机房",
    "储气罐",
    "超压爆炸",
    "物",
    "容器爆炸",
    1,
    3,
    15,
    "工程技术",
    "安全阀校验",
    "每年",
    "电工",
]


def table(lines: list[list[Any]], head: list[Any] = HEAD) -> io.BytesIO:
    book = Workbook()
    for line in [head, *lines]:
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    out.name = "台账.xlsx"
    return out


def received(city: Any, lines: list[list[Any]]) -> Import:
    return importing.receive(city.safety_officer, SLUG, table(lines), "台账.xlsx", about=city.workshop.pk)


def run(city: Any, found: Import) -> Task:
    task = importing.run(city.safety_officer, found.pk)
    working.work()
    task.refresh_from_db()
    found.refresh_from_db()
    return task


def live(city: Any) -> dict[str, int]:
    return {
        model.kept.slug: model.unscoped("a test").filter(enterprise=city.workshop, archived_at=None).count()
        for model in EVERY
    }


def test_a_table_is_previewed_run_and_seen(city: Any) -> None:
    client, page = signed_in(city.safety_officer), f"/enterprises/{city.workshop.pk}/risk-import"
    sent = client.post(page, {"file": table(LINES)})
    assert sent.status_code == 302
    assert rows_in(ControlMeasure, city.workshop) == 0, "nothing is written before the person says so"
    shown = client.get(sent["Location"]).content.decode()
    assert "→ 风险点" in shown
    assert f"/enterprises/{city.workshop.pk}/risks" in shown
    found = Import.objects.get()
    fields = {f"column_{name}": str(column) for name, column in found.plan["fields"].items()}
    assert client.post(sent["Location"], {"act": "run", **fields}).status_code == 302
    working.work()
    assert "新增 2 条" in client.get(sent["Location"]).content.decode()
    assert list(live(city).values()) == [1, 1, 1, 2, 2]
    measure = ControlMeasure.unscoped("a test").get(description="电工持证上岗")
    assert (measure.check_cycle, measure.check_cycle_unit, measure.event.name) == (
        3,
        "month",
        "误入带电间隔触电",
    )
    assert RiskGrading.unscoped("a test").get().risk_level == 2
    assert "台账.xlsx" in client.get(page).content.decode(), "the page of uploads lists what was brought"


def test_wrong_rows_come_back_with_their_reasons_and_begin_nothing(city: Any) -> None:
    found = received(city, [*LINES, *WRONG])
    task = run(city, found)
    assert (task.state, found.counts) == (DONE, {"created": 2, "wrong": 2})
    assert list(live(city).values()) == [1, 1, 1, 2, 2], "of a wrong row not even the object stands"
    reasons = {row.number: set(row.reasons) for row in found.outcomes.filter(outcome="wrong")}
    assert reasons == {4: {"factor", "accident_type", "kind", "cycle", "post"}, 5: {"L"}}
    book = load_workbook(jobs.result_of(task, city.safety_officer).open("rb"))
    whole, wrong = (list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets)
    assert (len(whole), len(wrong), wrong[0][-1]) == (5, 3, "原因")
    assert "因素" in wrong[1][-1]
    assert "L：" in wrong[2][-1]


def test_many_more_rows_than_a_request_could_wait_for(city: Any) -> None:
    lines = [
        ["仓库", "", f"货架倒塌{n}", "物", "坍塌", "", "", "", "管理", f"限载检查{n}", "每周", "库管员"]
        for n in range(120)
    ]
    found = received(city, lines)
    assert run(city, found).state == DONE
    assert found.counts == {"created": 120}
    assert list(live(city).values()) == [1, 1, 120, 120, 1]


def test_the_same_table_twice_adds_nothing(city: Any) -> None:
    run(city, received(city, LINES))
    again = received(city, LINES)
    run(city, again)
    assert again.counts == {"same": 2}
    assert not undoing.may_undo(again)


def test_undoing_is_one_act_and_leaves_nothing_behind(city: Any) -> None:
    enter(city.safety_officer, city.workshop, rows_of_table(HEAD, LINES[:1], ON))
    before = live(city)
    found = received(city, [*LINES, MORE])
    run(city, found)
    assert live(city)["risk-objects"] == 2
    undoing.undo(city.safety_officer, found.pk, "表格拿错了")
    working.work()
    assert live(city) == before, "what stood before stays"
    grading = RiskGrading.unscoped("a test").get(event__name="超压爆炸")
    assert grading.state == "dropped"
    gone = RiskObject.unscoped("a test").get(name="空压机房")
    assert gone.archive_reason == "撤销导入：台账.xlsx：表格拿错了"
    assert [entry.act for entry in ledger.history(gone.pk)] == ["created", "archived"]


def test_undoing_leaves_what_somebody_worked_on_since(city: Any) -> None:
    found = received(city, [*LINES, MORE])
    run(city, found)
    other = RiskEvent.unscoped("a test").get(name="超压爆炸")
    post = WorkPost.unscoped("a test").get(name="电工")
    create(ControlMeasure, city.safety_officer, {
        "event": str(other.pk), "kind": "training", "description": "后来补的措施", "responsible_post": str(post.pk),
    })  # fmt: skip
    changed = ControlMeasure.unscoped("a test").get(description="柜门上锁")
    edit(ControlMeasure, changed.pk, city.safety_officer, {"check_content": "锁具完好"})
    undoing.undo(city.safety_officer, found.pk, "试")
    working.work()
    left = live(city)
    assert left == {
        "risk-objects": 2,
        "risk-units": 2,
        "risk-events": 2,
        "control-measures": 2,
        "work-posts": 1,
    }
    found.refresh_from_db()
    assert found.undone_at is not None
    assert sorted(row.number for row in found.outcomes.filter(undone__has_key="left")) == [2, 4]
    page = signed_in(city.safety_officer).get(reverse("office:import", args=[found.pk])).content.decode()
    assert "撤销时保留的行" in page


def test_an_approved_level_is_not_undone(city: Any) -> None:
    found = received(city, LINES)
    run(city, found)
    grading = RiskGrading.unscoped("a test").get()
    city.step(city.step(grading, "review", city.worker), "approve", city.main_person)
    undoing.undo(city.safety_officer, found.pk, "试")
    working.work()
    event = RiskEvent.unscoped("a test").get()
    assert (event.is_archived, event.risk_level) == (False, 2)


def test_nothing_is_lost_or_doubled_when_the_worker_dies_in_a_chunk(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "CHUNK_OF_MATTERS", 1)
    found = received(city, [*LINES, MORE])
    task = importing.run(city.safety_officer, found.pk)
    noted = importing._note_all

    def dies(found: Any, outcomes: Any) -> None:
        if outcomes[0].number == 3:
            raise KeyboardInterrupt
        noted(found, outcomes)

    monkeypatch.setattr(importing, "_note_all", dies)
    with pytest.raises(KeyboardInterrupt):
        working.work()
    task.refresh_from_db()
    assert (task.state, rows_in(ControlMeasure, city.workshop)) == (RUNNING, 1)
    monkeypatch.setattr(importing, "_note_all", noted)
    Task.objects.filter(pk=task.pk).update(state="waiting")
    working.work()
    found.refresh_from_db()
    assert found.counts == {"created": 3}
    measure = ControlMeasure.unscoped("a test").get(description="电工持证上岗")
    assert measure.event.name == "误入带电间隔触电", (
        "what the first row says for the second is known after the break"
    )


def test_a_cancelled_import_keeps_what_is_in_and_can_be_undone(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "CHUNK_OF_MATTERS", 1)
    found = received(city, [*LINES, MORE])
    task = importing.run(city.safety_officer, found.pk)
    noted = importing._note_all

    def cancels(found: Any, outcomes: Any) -> None:
        if outcomes[0].number == 3:
            jobs.cancel(city.safety_officer, task.pk)
        noted(found, outcomes)

    monkeypatch.setattr(importing, "_note_all", cancels)
    working.work()
    task.refresh_from_db()
    found.refresh_from_db()
    assert (task.state, live(city)["control-measures"]) == (CANCELLED, 1)
    assert undoing.may_undo(found)


def test_only_its_keepers_bring_a_tree_and_only_while_they_are(city: Any) -> None:
    page = f"/enterprises/{city.workshop.pk}/risk-import"
    assert signed_in(city.worker).get(page).status_code == 403
    assert signed_in(city.far_safety_officer).get(page).status_code == 404
    far = importing.receive(city.far_safety_officer, SLUG, table(LINES), "x.xlsx", about=city.workshop.pk)
    task = importing.run(city.far_safety_officer, far.pk)
    working.work()
    task.refresh_from_db()
    assert (task.state, rows_in(RiskEvent, city.workshop)) == (FAILED, 0)
    with pytest.raises(NotSeen):
        importing.import_of(city.safety_officer, far.pk)
    found = received(city, LINES)
    task = importing.run(city.safety_officer, found.pk)
    Membership.objects.filter(post_id=city.safety_officer.post_id).delete()
    working.work()
    task.refresh_from_db()
    assert (task.state, rows_in(RiskEvent, city.workshop)) == (FAILED, 0)


def test_what_is_no_table_is_refused_in_words(city: Any) -> None:
    client, page = signed_in(city.safety_officer), f"/enterprises/{city.workshop.pk}/risk-import"
    assert client.get(page, {"template": "1"}).content[:2] == b"PK"
    bad = io.BytesIO(b"\x00\x01 no table")
    bad.name = "x.xlsx"
    assert client.post(page, {"file": bad}).status_code == 422
    assert client.post(page).status_code == 422
    sent = client.post(page, {"file": table([["丙", "丁"]], ["甲", "乙"])})
    shown = client.post(sent["Location"], {"act": "run"})
    assert shown.status_code == 422
    assert "必填字段没有对应的列" in shown.content.decode()


def test_a_tree_is_tried_before_it_runs_and_nothing_of_it_stays(city: Any) -> None:
    found = received(city, [*LINES, MORE])
    before = live(city)
    answer = tried(city.safety_officer, found)
    assert answer is not None
    assert (answer.rows, live(city)) == (len([*LINES, MORE]), before)
    run(city, found)
    assert len(answer.refused) == found.outcomes.filter(outcome="wrong").count()
