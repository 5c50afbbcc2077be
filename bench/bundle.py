"""The bundle of a phone: its size for 200 sites, what a day changes of it, and a full queue sent over a slow network.

Sizes are bytes as they travel. The slow network is counted, not throttled: the bytes of each batch at its speed, one after
the other, and then the server's own time, which bounds from above what a phone waits.
"""

from __future__ import annotations

import gzip
import json
import time
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

from bench.figures import Figure
from bench.place import Place, account_of, actor_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = False
SITES = 200
RECORDS = 200
BATCH = 25  # as many as a phone sends at once (frontend/src/field/sync.ts)
A_DAYS_VISITS = BATCH
SLOW_BYTES_A_SECOND = 400_000 / 8
MOST_BUNDLE, MOST_DELTA, MOST_SECONDS = 2_000_000, 100_000, 10


def run(place: Place) -> Iterator[Figure]:
    """Yield the whole bundle, a day's delta, and the time of 200 visits without photos at 400 kbit/s."""
    account = account_of("city_officer")  # in a small city the one with so many sites before them
    with place.serving() as address:
        caller = Caller(address, session_of(account))
        started = time.perf_counter()
        whole, size = caller.bundle("", "")
        seconds = time.perf_counter() - started
        sites = whole["sites"]
        notes = {"sites": len(sites), "server_ms": round(seconds * 1000)}
        yield Figure(
            "bundle", f"whole bundle, {SITES} sites", "bytes", [size], at_most=MOST_BUNDLE, notes=notes
        )
        visits = [_visit(actor_of(account), site, seq) for seq, site in enumerate(_cycled(sites, RECORDS), 1)]
        queue = [_folded(one) for one in visits]
        sent, elapsed, by_day = 0, 0.0, A_DAYS_VISITS
        for start in range(0, RECORDS, BATCH):
            body = gzip.compress(
                json.dumps({"visits": queue[start : start + BATCH]}, separators=(",", ":")).encode()
            )
            began = time.perf_counter()
            caller.send(body, whole["csrf"])
            elapsed += time.perf_counter() - began
            sent += len(body)
            if start + BATCH == by_day:
                _, delta = caller.bundle(whole["order"], whole["lists"]["stamp"])
                notes = {"visits": by_day}
                yield Figure("bundle", "a day's delta", "bytes", [delta], at_most=MOST_DELTA, notes=notes)
        notes = {
            "bytes": sent,
            "server_seconds": round(elapsed, 2),
            "records": sum(len(v["records"]) for v in visits),
        }
        yield Figure(
            "bundle", f"{RECORDS} visits without photos at 400 kbit/s", "s", [sent / SLOW_BYTES_A_SECOND + elapsed],
            at_most=MOST_SECONDS, notes=notes,
        )  # fmt: skip


class Caller:
    """One phone's connection."""

    def __init__(self, address: str, cookie: str) -> None:
        host, _, port = address.partition(":")
        self.connection, self.cookie = HTTPConnection(host, int(port), timeout=120), cookie

    def bundle(self, have: str, lists: str) -> tuple[dict[str, Any], int]:
        """Fetch the bundle; returns it and its bytes."""
        more = "" if have else "&map=1"
        answer = self._ask("GET", f"/api/v1/field/bundle?have={have}&lists={lists}{more}", b"", {})
        return json.loads(answer), len(answer)

    def send(self, body: bytes, csrf: str) -> None:
        """Send a batch; every visit must be taken."""
        headers = {"Content-Type": "application/vnd.anlan.visits+gzip", "X-CSRFToken": csrf}
        answer = json.loads(self._ask("POST", "/api/v1/field/visits", body, headers))
        refused = [one for one in answer["visits"] if not one["ok"]]
        if refused:
            raise RuntimeError(f"refused: {refused[:1]}")

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        self.connection.request(method, path, body, {"Host": "localhost", "Cookie": self.cookie, **headers})
        answer = self.connection.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("csrftoken"):
                self.cookie = f"{self.cookie.split('; csrftoken')[0]}; {value.split(';')[0]}"
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {content[:300]!r}")
        return content


def _cycled(sites: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    return [sites[number % len(sites)] for number in range(count)]


DEVICE = str(uuid.uuid4())
_head = [""]


def _visit(actor: Any, site: dict[str, Any], seq: int) -> dict[str, Any]:
    """Seal one visit as a phone does: every item answered, every tenth with a finding, both signed."""
    from anlan.kernel import clock
    from anlan.kernel.ledger.device import seal_of

    series, records = str(uuid.uuid4()), list[dict[str, Any]]()

    def add(kind: str, data: dict[str, Any]) -> None:
        body = {
            "v": 1, "series": series, "seq": len(records) + 1, "kind": kind, "data": data,
            "at": clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "place": {"lng": "125.320000", "lat": "43.880000", "accuracy": 12},
            "previous": records[-1]["sha256"] if records else "",
        }  # fmt: skip
        records.append({"body": body, "sha256": seal_of(body)})

    add("begin", {"person": str(actor.person_id), "site": site["id"], "purpose": "routine"})
    for number, item in enumerate(site["items"]):
        is_wrong = seq % 10 == 0 and number == 3
        add("answer", {"item": item, "answer": "finding" if is_wrong else "ok"})
    for party in ("inspector", "enterprise"):
        add("signature", {"party": party, "sha256": uuid.uuid4().hex * 2})
    add("finish", {
        "device": DEVICE, "device_seq": seq, "device_previous": _head[0], "based_on": "", "clock_offset": 0,
        "seconds_on_site": 480, "seconds_writing": 60, "keystrokes": 6,
    })  # fmt: skip
    _head[0] = records[-1]["sha256"]
    return {"series": series, "records": records}


def _folded(visit: dict[str, Any]) -> dict[str, Any]:
    """Return a visit as a phone sends it: what was captured, under the last digest (frontend/src/field/sync.ts)."""
    captured = [
        {name: record["body"][name] for name in ("kind", "at", "place", "data")}
        for record in visit["records"]
    ]
    return {"series": visit["series"], "head": visit["records"][-1]["sha256"], "captured": captured}
