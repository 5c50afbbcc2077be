"""Runs the processes of one installation: watches them, restarts what dies, and stops all of them together.

The web and the worker run in process groups of their own, so that Ctrl-C reaches the supervisor alone and it stops
them in order. Should the supervisor itself be killed, the kernel tells them to stop (PR_SET_PDEATHSIG); whatever is
left all the same is found by its number and start time at the next start. It knows no Django.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from anlan.site.trouble import Trouble

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 15
# So many deaths in a row, each soon after its start, and it is no accident.
QUICK_DEATHS = 10
QUICK_SECONDS = 20
LONGEST_PAUSE = 5.0
LOG_LIMIT = 20_000_000


@dataclass
class Process:
    """One program to be kept running."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_deaths: int = 0


class Supervisor:
    """Keeps processes running until told to stop; `heal` is called each round to look after what they stand on."""

    def __init__(self, folder: Path, heal: Callable[[], None]) -> None:
        self.folder = folder
        self.heal = heal
        self.processes: list[Process] = []
        self.told_to_stop = False
        folder.mkdir(parents=True, exist_ok=True)

    def listen(self) -> None:
        """From now on Ctrl-C, SIGTERM and a closed terminal mean: stop in order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._told)

    def start(self, process: Process) -> None:
        """Start a process and keep it."""
        self.processes.append(process)
        self._launch(process)

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Restart what dies until told to stop or `until` says so; raises Trouble if something keeps dying."""
        while not self.told_to_stop and not until():
            self.heal()
            for process in self.processes:
                if process.running is not None and process.running.poll() is not None:
                    self._relaunch(process, process.running.pid)
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop every process: politely, and after a while by force."""
        alive = [p.running for p in reversed(self.processes) if p.running is not None]
        for running in alive:
            _signal_group(running.pid, signal.SIGTERM)
        limit = time.monotonic() + STOP_SECONDS
        for running in alive:
            with suppress(subprocess.TimeoutExpired):
                running.wait(max(0.1, limit - time.monotonic()))
            # Also when the leader is gone: its workers may not be.
            _signal_group(running.pid, signal.SIGKILL)
            running.wait()
        self.processes.clear()
        self._record()

    def clear_leftovers(self) -> bool:
        """Stop what a killed supervisor left behind; True if there was anything."""
        try:
            left = json.loads((self.folder / "processes.json").read_text())
        except (OSError, ValueError):
            return False
        found = [entry["pid"] for entry in left if _start_time(entry["pid"]) == entry["started"]]
        for how in (signal.SIGTERM, signal.SIGKILL):
            for pid in found:
                _signal_group(pid, how)
            limit = time.monotonic() + 5
            while any(Path(f"/proc/{pid}").exists() for pid in found) and time.monotonic() < limit:
                time.sleep(0.05)
        return bool(found)

    def _told(self, number: int, frame: object) -> None:
        self.told_to_stop = True

    def _launch(self, process: Process) -> None:
        process.log.parent.mkdir(parents=True, exist_ok=True)
        if process.log.exists() and process.log.stat().st_size > LOG_LIMIT:
            process.log.replace(process.log.with_suffix(".old.log"))
        with process.log.open("ab") as log:
            process.running = subprocess.Popen(
                list(process.command),
                env=process.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        process.started = time.monotonic()
        self._record()

    def _relaunch(self, process: Process, group: int) -> None:
        _signal_group(group, signal.SIGKILL)
        lived = time.monotonic() - process.started
        process.quick_deaths = process.quick_deaths + 1 if lived < QUICK_SECONDS else 0
        if process.quick_deaths >= QUICK_DEATHS:
            raise Trouble(
                f"{process.name} 反复退出，日志: {process.log}\n{last_words(process.log)}",
                f"{process.name} keeps ending; its log is {process.log}",
            )
        # The first time at once; then it gives what it stands on time to come back.
        time.sleep(min(LONGEST_PAUSE, 0.1 * 2**process.quick_deaths) if process.quick_deaths > 1 else 0)
        self._launch(process)

    def _record(self) -> None:
        entries = [
            {"pid": p.running.pid, "started": _start_time(p.running.pid)}
            for p in self.processes
            if p.running is not None
        ]
        fresh = self.folder / "processes.json.new"
        fresh.write_text(json.dumps(entries))
        fresh.replace(self.folder / "processes.json")


def last_words(log: Path, lines: int = 15) -> str:
    """The end of a log, for people."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal_group(pid: int, how: signal.Signals) -> None:
    try:
        os.killpg(pid, how)
    except (ProcessLookupError, PermissionError):
        return


def _start_time(pid: int) -> str:
    """The process's start, in the kernel's ticks: with the number it names one process for good."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""
