"""The load generator: plain sockets, so that it takes as little as possible of the two cores it shares with the server.

Latency is measured with one request at a time, which bounds the server's own time from above; throughput with several
connections in a process of their own.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median

from bench import turns
from bench.figures import rounds

CONNECTIONS = 8


class Refused(RuntimeError):
    """The server did not answer as a bench expects; a fast error page must never count as speed."""


class Caller:
    """One kept-alive connection as one person."""

    def __init__(self, address: str, cookie: str = "") -> None:
        self.address, self.cookie = address, cookie
        self._socket: socket.socket | None = None

    def get(self, path: str, *, accept: Sequence[int] = (200,)) -> bytes:
        """Fetch a page and return its body."""
        return self.send(f"GET {path} HTTP/1.1\r\n", b"", accept)

    def send(self, start: str, body: bytes, accept: Sequence[int]) -> bytes:
        """Send one request and return the body of the answer."""
        head = f"{start}Host: localhost\r\nAccept-Language: zh-CN\r\n"
        head += f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        head += f"Content-Length: {len(body)}\r\n" if body else ""
        if self._socket is None:
            host, _, port = self.address.partition(":")
            self._socket = socket.create_connection((host, int(port)), timeout=120)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(head.encode() + b"\r\n" + body)
        status, answer = self._read()
        if status not in accept:
            raise Refused(f"{start.strip()}: {status} {answer[:300]!r}")
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read(self) -> tuple[int, bytes]:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head, body = data[:end].lower(), data[end + 4 :]
        if b"transfer-encoding: chunked" in head:
            while not body.endswith(b"0\r\n\r\n"):
                body += self._more()
        else:
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            parts, size = [body], len(body)
            while size < length:
                parts.append(self._more())
                size += len(parts[-1])
            body = b"".join(parts)
        return int(head.split(b" ", 2)[1][:3]), body

    def _more(self) -> bytes:
        assert self._socket is not None
        piece = self._socket.recv(1 << 18)
        if not piece:
            raise Refused("the server hung up")
        return piece


def latencies(address: str, calls: Sequence[tuple[str, str]], *, warm: int = 5) -> list[float]:
    """Return milliseconds of each call (cookie, path), one after the other; the first ones are made twice.

    Where several rounds are asked for, all calls are made again and each is told with the middle one of its times: what a
    machine does beside falls on any call, what a question costs falls on its own each time.
    """
    callers: dict[str, Caller] = {}
    for cookie, path in calls[:warm] * WARM_ROUNDS:
        callers.setdefault(cookie, Caller(address, cookie)).get(path)
    found: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds()):
        for (cookie, path), times in zip(calls, found, strict=True):
            caller = callers.setdefault(cookie, Caller(address, cookie))
            started = time.perf_counter()
            caller.get(path)
            times.append((time.perf_counter() - started) * 1000)
            turns.hand_over()
    for caller in callers.values():
        caller.close()
    return [median(times) for times in found]


WARM_ROUNDS = 2  # each worker has loaded its templates before anything is measured


def throughput(
    address: str, calls: Sequence[tuple[str, str]], seconds: float, rounds: int = 3
) -> list[float]:
    """Return requests a second over several rounds, with a few connections in a process of their own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        found = []
        for _ in range(rounds):
            found.append(pool.submit(_busy, address, list(calls), seconds).result())
            turns.hand_over()
        return found


def _busy(address: str, calls: list[tuple[str, str]], seconds: float) -> float:
    done = [0] * CONNECTIONS
    limit = time.perf_counter() + seconds
    faults: list[Exception] = []

    def work(number: int) -> None:
        callers: dict[str, Caller] = {}
        place = number * len(calls) // CONNECTIONS
        try:
            while time.perf_counter() < limit:
                cookie, path = calls[place % len(calls)]
                callers.setdefault(cookie, Caller(address, cookie)).get(path)
                done[number] += 1
                place += 1
        except Exception as fault:
            faults.append(fault)
        for caller in callers.values():
            caller.close()

    started = time.perf_counter()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return sum(done) / (time.perf_counter() - started)
