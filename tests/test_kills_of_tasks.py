"""Kill -9 of the real worker while it imports, exports, undoes and rolls up: each row once, each act once, every figure right."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from django.conf import settings
from django.db import connection
from openpyxl import Workbook, load_workbook
from world import credit_code

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock, jobs, ledger
from anlan.kernel.indicators import rolling
from anlan.kernel.jobs import asking
from anlan.kernel.jobs.models import DONE, RUNNING, Task
from anlan.kernel.scope.touched import Touched
from anlan.kernel.spreadsheets import Export, importing, undoing
from anlan.kernel.spreadsheets.exporting import ask_export
from anlan.kernel.spreadsheets.models import ImportedRow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROWS = 3_000
PATIENCE = 120


class Worker:
    """`./anlan worker` on the tests' own database; it lives in the real present."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and let it know that there is work; the one before is ended, for two would share the work."""
        self.kill()
        words = connection.get_connection_params()
        url = f"postgresql://{words['user']}:{words.get('password', '')}@/{words['dbname']}?host={words['host']}"
        url += f"&port={words['port']}" if words.get("port") else ""
        own = {
            "ANLAN_DATABASE_URL": url,
            "ANLAN_OWNER_DATABASE_URL": url,
            "ANLAN_APPLICATION_DATABASE_URL": url,
        }
        own |= {"ANLAN_DATA": str(settings.ANLAN_DATA), "ANLAN_INSTALLATION": str(settings.ANLAN_DATA)}
        own |= {"ANLAN_CITY": settings.ANLAN_CITY, "PYTHONPATH": str(ROOT / "src")}
        with (Path(settings.ANLAN_DATA) / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", "anlan.site.main", "worker"]
            self.process = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
        asking.wake()

    def kill(self) -> None:
        """Kill it as the machine would: without a word."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
        # Its beat has stopped; half a minute later everybody knows.
        Task.objects.filter(state=RUNNING).update(beat_at=clock.now() - timedelta(hours=1))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s", [asking.WAKE])


@pytest.fixture
def worker(city: Any) -> Iterator[Worker]:
    """A worker to be killed; nobody's clock is moved, for the worker has its own."""
    city.clock.to(datetime.now(UTC))
    running = Worker()
    yield running
    running.kill()


def wait_until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not true():
        log = Path(settings.ANLAN_DATA) / "worker.log"
        assert time.monotonic() < limit, log.read_text()[-3000:] if log.exists() else "no worker"
        time.sleep(0.02)


def run_through_kills(worker: Worker, task: Task, at: list[int], chance: random.Random) -> None:
    """Let the worker do a task, killed whenever so much was done; returns when it is done."""
    for done in at:
        worker.start()
        wait_until(
            lambda done=done: _state(task) == DONE or (_state(task) == RUNNING and _done(task) >= done)
        )
        time.sleep(chance.uniform(0, 0.4))
        worker.kill()
    worker.start()
    wait_until(lambda: _state(task) == DONE)


def _state(task: Task) -> str:
    task.refresh_from_db()
    return task.state


def _done(task: Task) -> int:
    return int(task.done)


def workbook() -> io.BytesIO:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["企业名称", "统一社会信用代码", "所在地", "行业代码"])
    for number in range(ROWS):
        code = "坏代码" if number % 50 == 7 else credit_code(1_000 + number)
        sheet.append([f"长春第{number}厂", code, "南关区/南岭街道/测试社区", "3489"])
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def test_whatever_the_worker_does_when_it_is_killed_is_done_once(city: Any, worker: Worker) -> None:
    chance, wrong = random.Random(20171122), sum(n % 50 == 7 for n in range(ROWS))
    found = importing.receive(city.officer, "enterprises", workbook(), "企业.xlsx")
    task = importing.run(city.officer, found.pk)
    run_through_kills(worker, task, [0, 1_000, 2_000], chance)
    found.refresh_from_db()
    made = Enterprise.unscoped("a test counts").filter(name__startswith="长春第")
    reasons = found.outcomes.filter(outcome="wrong").order_by("number").values_list("reasons", flat=True)
    assert found.counts == {"created": ROWS - wrong, "wrong": wrong}, list(reasons[:3])
    assert (made.count(), ImportedRow.objects.filter(source=found).count()) == (ROWS - wrong, ROWS)
    entries = ledger.LedgerEntry.objects.filter(chain__in=made.values("pk"))
    assert entries.count() == ROWS - wrong
    answer = load_workbook(jobs.result_of(task, city.officer).open("rb"), read_only=True).worksheets[1]
    assert sum(1 for _ in answer.iter_rows()) == wrong + 1

    exported = ask_export(Export("enterprises", {"q": ["长春第"]}), city.officer)
    run_through_kills(worker, exported, [0, 0], chance)
    sheet = load_workbook(jobs.result_of(exported, city.officer).open("rb"), read_only=True).worksheets[0]
    assert sum(1 for _ in sheet.iter_rows()) == ROWS - wrong + 1

    undone = undoing.undo(city.officer, found.pk, "传错了文件")
    run_through_kills(worker, undone, [100, 1_000], chance)
    assert not made.filter(archived_at=None).exists()
    acts = entries.values_list("act", flat=True)
    assert sorted(set(acts)) == ["archived", "created"]
    assert entries.count() == 2 * (ROWS - wrong)

    wait_until(lambda: not Touched.objects.exists())
    worker.kill()
    assert rolling.verify() == ""
    assert ledger.verify().sound
    left = [path.name for path in (Path(settings.ANLAN_DATA) / "tasks").iterdir() if ".part" in path.name]
    assert len(left) <= 8  # drafts of killed attempts: the housekeeping of the hour takes them
