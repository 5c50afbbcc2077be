"""Long tasks: asked once, in fair order, as the person sees now, gone on with after a kill, given to nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from anlan.kernel import clock, jobs
from anlan.kernel.jobs import results, working
from anlan.kernel.jobs.errors import Superseded
from anlan.kernel.jobs.kinds import _kinds
from anlan.kernel.jobs.models import CANCELLED, DONE, FAILED, RUNNING, WAITING, Task
from anlan.kernel.jobs.results import reach_of
from anlan.kernel.scope.models import Membership
from anlan.kernel.words import Words

TITLE = Words("数一数", "Count")


@pytest.fixture
def counting() -> Iterator[list[Any]]:
    """A kind of task that counts to ten in chunks; what it wrote is in the list."""
    written: list[Any] = []

    @jobs.kind("count", TITLE)
    def count(run: jobs.Run) -> None:
        for number in range(run.checkpoint.get("next", 0), 10):
            actor = run.actor()
            with transaction.atomic():
                hook = run.params.get("stop_at")
                if hook == number and run.attempt == 1:
                    raise KeyboardInterrupt  # the worker dies in the middle of a chunk
                run.save(done=number + 1, total=10, checkpoint={"next": number + 1})
            written.append(number)
        run.draft().write_text("ten")
        run.deliver("十.txt", "text/plain", reach=reach_of(actor), note=Words("数完了", "Counted"))

    yield written
    del _kinds["count"]


def test_a_task_runs_to_its_result_and_only_its_person_gets_it(city: Any, counting: list[int]) -> None:
    task = jobs.ask(city.officer, "count", TITLE, {})
    assert (task.state, jobs.position_of(task)) == (WAITING, 1)
    assert working.work() == 1
    task.refresh_from_db()
    assert (task.state, task.done, task.percent) == (DONE, 10, 100)
    assert counting == list(range(10))
    assert jobs.result_of(task, city.officer).read_text() == "ten"
    assert str(task.note_words) == "数完了"
    assert list(jobs.tasks_of(city.officer)) == [task]
    assert not jobs.tasks_of(city.second_officer).exists()
    with pytest.raises(jobs.TaskRefused) as refusal:
        jobs.cancel(city.second_officer, task.pk)
    assert refusal.value.status == 404


def test_the_same_request_while_one_is_open_is_that_one(city: Any, counting: list[int]) -> None:
    first = jobs.ask(city.officer, "count", TITLE, {"a": 1, "b": 2})
    assert jobs.ask(city.officer, "count", TITLE, {"b": 2, "a": 1}) == first
    assert jobs.ask(city.officer, "count", TITLE, {"a": 2}) != first
    assert jobs.ask(city.second_officer, "count", TITLE, {"a": 1, "b": 2}) != first
    working.work()
    assert jobs.ask(city.officer, "count", TITLE, {"a": 1, "b": 2}) != first


def test_one_who_asks_for_much_does_not_hold_up_the_others(city: Any, counting: list[int]) -> None:
    mine = [jobs.ask(city.officer, "count", TITLE, {"n": n}) for n in range(3)]
    other = jobs.ask(city.second_officer, "count", TITLE, {})
    assert [jobs.position_of(task) for task in (mine[0], other, mine[1], mine[2])] == [1, 2, 3, 4]
    for n in range(3, 20):
        jobs.ask(city.officer, "count", TITLE, {"n": n})
    with pytest.raises(jobs.TaskRefused, match="too_many"):
        jobs.ask(city.officer, "count", TITLE, {"n": 99})
    Task.objects.filter(pk=mine[0].pk).update(state=RUNNING, beat_at=clock.now(), attempt=1)
    taken = working._claim()
    assert taken == other
    assert working._claim() is None  # two run, and that is as many as may


def test_a_killed_worker_loses_nothing_and_doubles_nothing(city: Any, counting: list[int]) -> None:
    task = jobs.ask(city.officer, "count", TITLE, {"stop_at": 4})
    with pytest.raises(KeyboardInterrupt):
        working.work()
    task.refresh_from_db()
    assert (task.state, task.done) == (RUNNING, 4)
    assert working.work() == 0  # it may still be alive
    city.clock.forward(timedelta(minutes=1))
    assert working.work() == 1
    task.refresh_from_db()
    assert (task.state, task.attempt) == (DONE, 2)
    assert counting == list(range(10))


def test_whoever_was_taken_over_commits_nothing_more(city: Any, counting: list[int]) -> None:
    task = jobs.ask(city.officer, "count", TITLE, {})
    claimed = working._claim()
    assert claimed is not None
    late = jobs.Run(claimed)
    Task.objects.filter(pk=task.pk).update(attempt=2)
    with pytest.raises(Superseded), transaction.atomic():
        late.save(done=9, checkpoint={"next": 9})
    task.refresh_from_db()
    assert task.done == 0


def test_a_task_that_is_broken_off_again_and_again_ends(city: Any, counting: list[int]) -> None:
    task = jobs.ask(city.officer, "count", TITLE, {})
    long_ago = clock.now() - timedelta(hours=1)
    Task.objects.filter(pk=task.pk).update(state=RUNNING, beat_at=long_ago, attempt=working.MOST_ATTEMPTS)
    working.recover()
    task.refresh_from_db()
    assert task.state == FAILED
    assert "多次中断" in str(task.note_words)


def test_cancelling(city: Any, counting: list[int]) -> None:
    waiting = jobs.ask(city.officer, "count", TITLE, {})
    assert jobs.cancel(city.officer, waiting.pk).state == CANCELLED
    assert working.work() == 0
    running = jobs.ask(city.officer, "count", TITLE, {})
    Task.objects.filter(pk=running.pk).update(state=RUNNING, attempt=1)
    assert jobs.cancel(city.officer, running.pk).cancel_asked
    Task.objects.filter(pk=running.pk).update(state=WAITING)
    working.work()
    running.refresh_from_db()
    assert running.state == CANCELLED
    assert counting == []


def test_a_person_who_left_the_post_gets_nothing(city: Any, counting: list[int]) -> None:
    task = jobs.ask(city.officer, "count", TITLE, {})
    Membership.objects.filter(post=city.officer.post_id).update(valid_to=clock.today() - timedelta(days=1))
    working.work()
    task.refresh_from_db()
    assert task.state == FAILED
    assert "已不在" in str(task.note_words)
    assert not results.file_of(task).exists()


def test_a_file_is_not_given_once_the_scope_has_changed_and_expires(city: Any, counting: list[int]) -> None:
    from dataclasses import replace

    task = jobs.ask(city.officer, "count", TITLE, {})
    working.work()
    task.refresh_from_db()
    with pytest.raises(jobs.TaskRefused, match="scope_changed"):
        jobs.result_of(task, replace(city.officer, grants=()))
    results.expire()
    assert results.file_of(task).exists()
    city.clock.forward(timedelta(days=8))
    assert results.expire() >= 1
    task.refresh_from_db()
    with pytest.raises(jobs.TaskRefused, match="no_result"):
        jobs.result_of(task, city.officer)


def test_a_failure_is_told_in_words(city: Any) -> None:
    @jobs.kind("fails", TITLE)
    def fails(run: jobs.Run) -> None:
        raise RuntimeError("inside")

    try:
        task = jobs.ask(city.officer, "fails", TITLE, {})
        working.work()
        task.refresh_from_db()
        assert task.state == FAILED
        assert "inside" not in str(task.note_words)
    finally:
        del _kinds["fails"]


def test_the_pages_and_the_api(city: Any, counting: list[int]) -> None:
    from django.test import Client

    from anlan.kernel.identity.models import Account

    Account.objects.update(is_demo=True)
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(Account.objects.get(pk=city.officer.account_id))
    assert "这里还没有任务" in client.get("/tasks/").content.decode()
    task = jobs.ask(city.officer, "count", TITLE, {})
    assert "排在第 1 位" in client.get("/tasks/").content.decode()
    assert client.get(f"/tasks/{task.pk}/file").status_code == 404
    working.work()
    answer = client.get(f"/tasks/{task.pk}/file")
    assert b"".join(answer.streaming_content) == b"ten"
    assert answer["Cache-Control"] == "private, no-store"
    found = client.get("/api/v1/tasks").json()["items"][0]
    assert (found["state"], found["has_file"]) == ("done", True)
    assert b"".join(client.get(f"/api/v1/tasks/{task.pk}/file").streaming_content) == b"ten"
    assert client.post(f"/tasks/{task.pk}/cancel").status_code == 302
    other = Client()
    other.force_login(Account.objects.get(pk=city.far_officer.account_id))
    for path in (f"/tasks/{task.pk}/file", f"/api/v1/tasks/{task.pk}", f"/api/v1/tasks/{task.pk}/file"):
        assert other.get(path).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_task_beats_while_a_chunk_takes_long(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "BEAT_SECONDS", 0.02)
    seen = threading.Event()

    @jobs.kind("long", TITLE)
    def long(run: jobs.Run) -> None:
        Task.objects.filter(pk=run.id).update(beat_at=clock.now() - timedelta(hours=1))
        for _ in range(200):
            if Task.objects.filter(pk=run.id, beat_at__gt=clock.now() - timedelta(minutes=1)).exists():
                seen.set()
                return
            seen.wait(0.02)

    try:
        jobs.ask(city.officer, "long", TITLE, {})
        working.work()
        assert seen.is_set()
    finally:
        del _kinds["long"]
        connection.close()
