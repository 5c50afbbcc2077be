"""The supervisor: what dies comes back, what keeps dying is told, what is stopped leaves nothing."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from anlan.site.environment import Trouble
from anlan.site.supervisor import Process, Supervisor

SLEEPER = "import time\nwhile True: time.sleep(1)"
# A leader with a worker of its own that ignores a polite end.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    open('worker.pid', 'w').write(str(os.getpid()))
while True: time.sleep(1)
"""


def supervisor(folder: Path) -> Supervisor:
    return Supervisor(folder / "run", heal=lambda: None)


def process(folder: Path, code: str) -> Process:
    return Process("sleeper", [sys.executable, "-c", code], dict(os.environ), folder / "sleeper.log")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(true: object, seconds: float = 10) -> None:
    limit = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.02)


def test_a_killed_process_comes_back(tmp_path: Path) -> None:
    watcher = supervisor(tmp_path)
    sleeper = process(tmp_path, SLEEPER)
    watcher.start(sleeper)
    first = sleeper.running.pid
    os.kill(first, signal.SIGKILL)
    watcher.watch(until=lambda: sleeper.running.pid != first)
    assert alive(sleeper.running.pid)
    second = sleeper.running.pid
    watcher.stop()
    assert not alive(second)


def test_what_keeps_dying_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anlan.site.supervisor.QUICK_DEATHS", 4)
    watcher = supervisor(tmp_path)
    watcher.start(process(tmp_path, "raise SystemExit('no bread today')"))
    with pytest.raises(Trouble, match="no bread today"):
        watcher.watch()
    watcher.stop()


def test_a_stubborn_worker_goes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("anlan.site.supervisor.STOP_SECONDS", 0.5)
    watcher = supervisor(tmp_path)
    watcher.start(process(tmp_path, STUBBORN))
    wait_until(lambda: (tmp_path / "worker.pid").exists() and (tmp_path / "worker.pid").read_text())
    worker = int((tmp_path / "worker.pid").read_text())
    watcher.stop()
    wait_until(lambda: not alive(worker))


def test_leftovers_of_a_killed_supervisor_are_stopped_and_strangers_are_not(tmp_path: Path) -> None:
    killed = supervisor(tmp_path)
    left = process(tmp_path, SLEEPER)
    killed.start(left)
    following = supervisor(tmp_path)
    assert following.clear_leftovers()
    left.running.wait(5)
    # The number is another program's now: this one's. Its start time differs.
    record = tmp_path / "run" / "processes.json"
    record.write_text(f'[{{"pid": {os.getpid()}, "started": "1"}}]')
    assert not following.clear_leftovers()


def test_children_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from anlan.site.supervisor import Process, Supervisor
watcher = Supervisor(Path({str(tmp_path)!r}) / "run", heal=lambda: None)
child = Process("c", [sys.executable, "-c", {SLEEPER!r}], {{}}, Path({str(tmp_path)!r}) / "c.log")
watcher.start(child)
Path({str(tmp_path)!r}, "child.pid").write_text(str(child.running.pid))
time.sleep(60)
"""
    import subprocess

    parent = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": "src"})
    wait_until(lambda: (tmp_path / "child.pid").exists() and (tmp_path / "child.pid").read_text())
    child = int((tmp_path / "child.pid").read_text())
    assert alive(child)
    parent.kill()
    parent.wait()
    wait_until(lambda: not alive(child))
