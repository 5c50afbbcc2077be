"""Imports: the checks of the form, exactly once, wrong rows told beside the cell, undone as one act."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation
from openpyxl import load_workbook
from world import credit_code

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock, jobs, ledger
from anlan.kernel.jobs import working
from anlan.kernel.jobs.models import DONE, FAILED, RUNNING, Task
from anlan.kernel.registers import edit
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.scope.models import Membership
from anlan.kernel.spreadsheets import expiring, importing, preparing, undoing
from anlan.kernel.spreadsheets.answering import said
from anlan.kernel.spreadsheets.models import Import, ImportedRow
from anlan.kernel.spreadsheets.tests.brought import HEAD, TOPIC, bring, done, firm, named, workbook


def test_a_table_is_mapped_by_its_headings_and_enters_as_the_form_would(city: Any) -> None:
    found = bring(
        city.officer, [["2026年企业台账"], [], HEAD, firm(101, employees="1.2万"), firm(102, ammonia="√")]
    )
    assert found.plan["header"] == 2
    assert set(found.plan["fields"]) == {
        "name",
        "credit_code",
        "territory",
        "industry",
        "employees",
        "uses_ammonia",
    }
    task = done(city.officer, found)
    assert "新增 2 条" in str(task.note_words)
    assert not task.has_file
    row = named("长春第101机械厂")
    assert (row.employees, row.territory, row.uses_ammonia) == (12000, city.village, False)
    assert named("长春第102机械厂").uses_ammonia
    (entry,) = ledger.history(row.pk)
    assert (entry.act, entry.actor_person, entry.data["name"]) == (
        "created",
        city.officer.person_id,
        row.name,
    )


def test_wrong_rows_come_back_with_the_reason_beside_the_cell(city: Any) -> None:
    rows = [HEAD, firm(101), firm(102, code="123"), firm(103, industry="0000", employees="很多"), firm(101, name="重复厂"),
            firm(104, place="榆树市/五棵树镇/远村"), [None] * 7, firm(105, name="")]  # fmt: skip
    found = bring(city.officer, rows)
    task = done(city.officer, found)
    assert found.counts == {"created": 1, "wrong": 5}
    book = load_workbook(jobs.result_of(task, city.officer).open("rb"))
    whole, wrong = (list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets)
    assert whole[0][-1] == "原因"
    reasons = {row[1] or row[0]: row[-1] for row in wrong[1:]}
    assert "统一社会信用代码" in reasons["123"]
    assert "从业人数" in reasons[credit_code(103)]
    assert "已有相同的记录" in reasons[credit_code(101)]
    assert "您的岗位不能维护" in reasons[credit_code(104)]
    assert len(wrong) == 6
    assert len(whole) == 7
    marked = [
        c.coordinate
        for line in book.worksheets[1].iter_rows(min_row=2, max_row=2)
        for c in line
        if c.fill.fgColor.rgb == "FFFFC7CE"
    ]
    assert marked == ["B2", "H2"]


def test_a_row_comes_back_with_all_that_is_wrong_with_it(city: Any) -> None:
    head = ["事故名称", "发生日期", "发生时刻", "所在地", "所属行业主管", "死亡人数"]
    rows = [
        head,
        ["坍塌事故", "2026-02-33", "25:70", "没有的街道", "没有的行业", "很多"],
        ["", "2026-02-03", "25:70", "", "", 1],
    ]
    found = bring(city.officer, rows, "accidents", fields={"name": 0, "occurred_on": 1, "occurred_time": 2, "territory": 3,
                                                           "sector": 4, "deaths": 5})  # fmt: skip
    done(city.officer, found)
    wrong = {row.number: row.reasons for row in ImportedRow.objects.filter(source=found)}
    assert set(wrong[2]) >= {"occurred_on", "occurred_time", "territory", "sector", "deaths"}
    assert set(wrong[3]) >= {"name", "occurred_time", "territory"}
    assert len(wrong[3]["occurred_time"]) == 1


@pytest.mark.parametrize(("language", "text"), [
    ("zh-hans", "死亡人数：填数字；日期还没有到"), ("en", "死亡人数: 填数字; 日期还没有到"),
])  # fmt: skip
def test_reasons_are_put_together_with_the_signs_of_the_readers_language(language: str, text: str) -> None:
    with translation.override(language):
        assert said({"deaths": ["填数字。"], "": ["日期还没有到。"]}, {"deaths": "死亡人数"}) == text


def test_existing_rows_are_edited_only_when_asked_and_alike_ones_are_held(city: Any) -> None:
    rows = [HEAD, firm(1, name=city.workshop.name, employees=99), firm(201, name=city.workshop.name)]
    held = bring(city.officer, rows)
    done(city.officer, held)
    assert held.counts == {"wrong": 1, "alike": 1}
    asked = bring(city.officer, rows, update=True, anyway=True)
    done(city.officer, asked)
    assert asked.counts == {"edited": 1, "created": 1}
    assert Enterprise.unscoped("a test reads").get(pk=city.workshop.pk).employees == 99
    same = bring(city.officer, rows[:2], update=True)
    done(city.officer, same)
    assert same.counts == {"same": 1}


def test_twins_of_one_table_are_held_back_in_one_chunk_and_across_chunks(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins = {"name": "孪生机械厂"}
    rows = [HEAD, firm(211, code="123", **twins), firm(212, **twins), firm(213), firm(214, **twins)]
    held = bring(city.officer, rows)
    task = done(city.officer, held)
    assert held.counts == {"created": 2, "wrong": 1, "alike": 1}  # a row that is refused holds back none
    reasons = held.outcomes.get(outcome="alike").reasons
    assert reasons == {"": ["可能与本表第 3 行重复（名称相同）"]}
    again = [
        HEAD,
        firm(231, name="甲厂"),
        firm(232, name="甲厂"),
        firm(231, name="乙厂"),
        firm(232, name="乙厂"),
    ]
    counted = bring(city.officer, [*again, firm(233, name="乙厂")])
    done(
        city.officer, counted
    )  # what is held back holds no number: the second of number 232 goes in, and holds back the next
    assert list(counted.outcomes.order_by("number").values_list("outcome", flat=True)) == [
        "created", "alike", "wrong", "created", "alike",
    ]  # fmt: skip
    assert "疑似重复 1 条" in str(task.note_words)
    monkeypatch.setattr(preparing, "CHUNK", 1)
    names = ("长春（孪生）机械厂", "长春（孪生）机械厂", "长春(孪生)机械厂")
    apart = bring(city.officer, [HEAD, *(firm(serial, name=name) for serial, name in enumerate(names, 215))])
    done(city.officer, apart)
    assert apart.counts == {"created": 1, "alike": 2}


def test_two_that_stand_under_one_name_are_edited_by_one_table(city: Any) -> None:
    twins = [firm(221, name="同名厂"), firm(222, name="同名厂")]
    nevertheless = bring(city.officer, [HEAD, *twins], anyway=True)
    done(city.officer, nevertheless)
    assert nevertheless.counts == {"created": 2}
    twins[0][4] = twins[1][4] = 77
    again = bring(city.officer, [HEAD, *twins], update=True)
    done(city.officer, again)
    assert again.counts == {"edited": 2}


def test_undoing_is_one_act_in_the_ledger_and_leaves_what_was_changed_since(city: Any) -> None:
    rows = [HEAD, *(firm(n) for n in range(300, 305)), firm(1, name=city.workshop.name, employees=55)]
    found = bring(city.officer, rows, update=True)
    done(city.officer, found)
    touched = named("长春第300机械厂")
    edit(Enterprise, touched.pk, city.officer, {"business": "后来改过"})
    task = undoing.undo(city.officer, found.pk, "传错了文件")
    assert (
        undoing.undo(city.officer, found.pk, "另一个原因").pk == task.pk
    )  # while one is under way, that is it
    working.work()
    task.refresh_from_db()
    assert str(task.note_words) == "已撤销 5 条，保留 1 条（之后有改动）"
    assert not named("长春第300机械厂").is_archived
    gone = named("长春第301机械厂")
    assert gone.is_archived
    assert "传错了文件" in gone.archive_reason
    assert ledger.history(gone.pk)[-1].act == "archived"
    assert Enterprise.unscoped("a test reads").get(pk=city.workshop.pk).employees is None
    with pytest.raises(NotAllowed):
        undoing.undo(city.officer, found.pk, "再来")
    again = bring(city.officer, [HEAD, firm(301, employees=7)])
    done(city.officer, again)
    assert again.counts == {"restored": 1}
    assert (named("长春第301机械厂").is_archived, named("长春第301机械厂").employees) == (False, 7)


def test_matters_are_opened_by_the_engine_and_withdrawn_by_its_verb(city: Any) -> None:
    rows = [["企业", "类别", "隐患描述", "发现日期"], [city.workshop.credit_code, TOPIC, "通道堵塞", "2026年3月1日"],
            [city.workshop.name, "fire", "灭火器过期", date(2026, 2, 28)], [city.far_shop.name, TOPIC, "x", "2026-03-01"],
            [city.workshop.name, "没有的类别", "x", "明天"]]  # fmt: skip
    found = bring(city.officer, rows, "hidden-dangers")
    done(city.officer, found)
    kinds = dict(ImportedRow.objects.filter(source=found).values_list("number", "outcome"))
    assert kinds[2] == kinds[3] == "created", list(ImportedRow.objects.values_list("number", "reasons"))
    assert kinds[4] == kinds[5] == "wrong"
    dangers = HiddenDanger.unscoped("a test reads").filter(description__in=["通道堵塞", "灭火器过期"])
    assert {row.found_on for row in dangers} == {date(2026, 3, 1), date(2026, 2, 28)}
    undoing.undo(city.officer, found.pk, "重复")
    working.work()
    assert {row.state for row in dangers.all()} == {"withdrawn"}


def test_a_mapping_is_saved_with_constants_names_and_units_and_found_again_by_heading(city: Any) -> None:
    rows = [["FACILITY", "ID", "HEADS (thousand)", "SIZE"], ["某厂", credit_code(401), 0.5, "B"]]
    found = bring(city.officer, rows)
    with pytest.raises(Invalid) as refusal:
        importing.replan(city.officer, found.pk, {})
    assert {"territory", "industry"} <= set(refusal.value.errors)
    plan = {"fields": {"name": 0, "credit_code": 1, "employees": 2, "scale": 3}, "units": {"employees": "1000"},
            "constants": {"territory": "220102001001", "industry": "3489"}, "values": {"scale": {"B": "large"}}}  # fmt: skip
    importing.replan(city.officer, found.pk, plan)
    found.refresh_from_db()
    saved = importing.save_mapping(city.officer, found, "外来表")
    turned = bring(
        city.second_officer,
        [["ID", "SIZE", "FACILITY", "HEADS (thousand)"], [credit_code(402), "B", "乙厂", 2]],
    )
    turned = importing.apply_mapping(city.second_officer, turned.pk, saved.pk)
    done(city.second_officer, turned)
    row = named("乙厂")
    assert (row.employees, row.scale, row.territory, row.industry) == (2000, "large", city.village, "3489")
    with pytest.raises(NotSeen):
        importing.apply_mapping(city.far_officer, turned.pk, saved.pk)


def test_500_bad_rows_in_10000_are_told_and_the_rest_is_in(city: Any) -> None:
    bad = {1, 2, *range(40, 10_000, 20)}  # the enterprises of the city bear the codes 1 and 2
    rows = [HEAD, *(firm(n, code="bad" if n in bad else credit_code(n)) for n in range(10_000))]
    found = bring(city.officer, rows)
    task = done(city.officer, found)
    assert found.counts == {"created": 9_500, "wrong": 500}
    assert (task.done, task.total) == (10_000, 10_000)
    wrong = load_workbook(jobs.result_of(task, city.officer).open("rb"), read_only=True).worksheets[1]
    assert sum(1 for _ in wrong.iter_rows()) == 501


def test_nothing_is_lost_or_doubled_when_the_worker_dies_in_a_chunk(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "CHUNK", 3)
    found = bring(city.officer, [HEAD, *(firm(n) for n in range(500, 511))])
    task = importing.run(city.officer, found.pk)
    saves = []
    save = jobs.Run.save

    def dies(self: Any, **more: Any) -> None:
        save(self, **more)
        saves.append(more)
        if len(saves) == 4 and self.attempt == 1:
            raise KeyboardInterrupt  # after the chunk's last statement, before its commit

    monkeypatch.setattr(jobs.Run, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        working.work()
    assert Enterprise.unscoped("a test counts").filter(name__startswith="长春第5").count() == 6
    city.clock.forward(timedelta(minutes=2))
    working.work()
    task.refresh_from_db()
    found.refresh_from_db()
    assert (task.state, task.attempt, found.counts) == (DONE, 2, {"created": 11})
    rows = Enterprise.unscoped("a test counts").filter(name__startswith="长春第5")
    assert rows.count() == 11
    assert ledger.LedgerEntry.objects.filter(chain__in=rows.values("pk")).count() == 11


def test_a_cancelled_import_keeps_what_is_in_and_can_be_undone(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "CHUNK", 2)
    found = bring(city.officer, [HEAD, *(firm(n) for n in range(600, 610))])
    task = importing.run(city.officer, found.pk)
    save = jobs.Run.save

    def cancelling(self: Any, **more: Any) -> None:
        save(self, **more)
        if more.get("done") == 4:
            Task.objects.filter(pk=self.id).update(cancel_asked=True)

    monkeypatch.setattr(jobs.Run, "save", cancelling)
    working.work()
    task.refresh_from_db()
    assert task.state == "cancelled"
    assert Enterprise.unscoped("a test counts").filter(name__startswith="长春第60").count() == 4
    monkeypatch.setattr(jobs.Run, "save", save)
    undoing.undo(city.officer, found.pk, "取消")
    working.work()
    rows = Enterprise.unscoped("a test counts").filter(name__startswith="长春第60")
    assert all(row.is_archived for row in rows)


def test_one_who_leaves_the_post_enters_nothing_more(city: Any) -> None:
    found = bring(city.officer, [HEAD, firm(700)])
    task = importing.run(city.officer, found.pk)
    Membership.objects.filter(post=city.officer.post_id).update(valid_to=clock.today() - timedelta(days=1))
    working.work()
    task.refresh_from_db()
    assert task.state == FAILED
    assert named("长春第700机械厂") is None


def test_only_those_who_may_enter_and_only_ones_own(city: Any) -> None:
    with pytest.raises(NotAllowed):
        bring(city.worker, [HEAD, firm(1)])
    with pytest.raises(NotSeen):
        importing.receive(city.officer, "listed-supervision", workbook([HEAD]), "x.xlsx")
    found = bring(city.officer, [HEAD, firm(801)])
    for act in (importing.run, importing.import_of):
        with pytest.raises(NotSeen):
            act(city.second_officer, found.pk)
    importing.run(city.officer, found.pk)
    with pytest.raises(NotAllowed):
        importing.run(city.officer, found.pk)
    assert RUNNING


def test_points_are_rounded_to_the_digits_that_are_kept(city: Any) -> None:
    head = [*HEAD, "经度", "纬度"]
    rows = [head, [*firm(770), "125.3200004499", 43.88000012], [*firm(771), "125.32a", "43.8800001"]]
    found = bring(city.officer, rows)
    done(city.officer, found)
    assert found.counts == {"created": 1, "wrong": 1}
    row = named("长春第770机械厂")
    assert (str(row.longitude), str(row.latitude)) == ("125.320000", "43.880000")
    assert set(found.outcomes.get(outcome="wrong").reasons) == {"longitude"}


def test_an_uploaded_file_expires_and_what_it_brought_stays(city: Any) -> None:
    ran, waiting = bring(city.officer, [HEAD, firm(760)]), bring(city.officer, [HEAD, firm(761)])
    done(city.officer, ran)
    orphan, fresh = ran.path.with_name("0" * 32), ran.path.with_name("f" * 32)
    for path in (orphan, fresh):
        path.write_bytes(b"left behind")
    os.utime(orphan, (0, 0))
    assert expiring.expire() == 1
    assert (orphan.exists(), fresh.exists(), ran.path.exists()) == (False, True, True)
    fresh.unlink()
    city.clock.forward(timedelta(days=expiring.KEPT_DAYS, hours=1))
    running = bring(city.officer, [HEAD, firm(762)])
    task = importing.run(city.officer, running.pk)
    Import.objects.filter(pk=running.pk).update(uploaded_at=clock.now() - timedelta(days=90))
    assert expiring.expire() == 2  # not the one that is about to run
    assert [one.path.exists() for one in (ran, waiting, running)] == [False, False, True]
    assert expiring.expire() == 0
    with pytest.raises(NotAllowed, match="30"):
        importing.run(city.officer, waiting.pk)
    working.work()
    task.refresh_from_db()
    assert task.state == DONE
    undoing.undo(city.officer, ran.pk, "文件没了也能撤销")
    working.work()
    assert named("长春第760机械厂").is_archived
