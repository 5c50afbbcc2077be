"""Ledger entries written outside the engine: the same body, the same canonical bytes, the same digests, hung in chains."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, NamedTuple

import orjson

from anlan.kernel.ledger.chain import BODY_VERSION
from anlan.kernel.ledger.digests import NOTHING, Seal, seal_bytes
from bench.city.ids import id_at

COLUMNS = (
    "id", "chain", "seq", "subject", "act", "from_state", "to_state", "actor_kind", "actor_person", "actor_post",
    "actor_party", "actor_name", "data", "private_digest", "rules", "evidence", "key", "at", "received_at", "is_demo",
    "previous", "previous_sm3", "sha256", "sm3", "position",
)  # fmt: skip


class Desk(NamedTuple):
    """Who acts: a person in a post of a party."""

    person: str | None
    post: str | None
    party: str | None
    name: str
    kind: str
    title: str = ""
    sort: str = "person"


CLOCK_DESK = Desk(None, None, None, "时钟 clock", "", "", "clock")


class Chain:
    """The entries of one matter or register row, oldest first; the position is given when they are written."""

    def __init__(self, subject: str, chain: str, random: Random) -> None:
        self.subject, self.chain, self.random = subject, chain, random
        self.previous: Seal = NOTHING
        self.rows: list[tuple[datetime, list[Any]]] = []

    def add(
        self, act: str, desk: Desk, at: datetime, received_at: datetime, data: dict[str, Any], *,
        rules: Sequence[dict[str, Any]] = (), from_state: str = "", to_state: str = "", private_digest: str = "",
    ) -> str:  # fmt: skip
        """Append an entry and return its id. ``data`` and ``rules`` are in JSON's own types."""
        pk = id_at(self.random, received_at)
        claimed = instant(at)
        received = claimed if received_at is at else instant(received_at)
        seq = len(self.rows) + 1
        body = {
            "v": BODY_VERSION, "id": pk, "chain": self.chain, "seq": seq, "subject": self.subject, "act": act,
            "from_state": from_state, "to_state": to_state,
            "actor": {"kind": desk.sort, "person": desk.person, "post": desk.post, "party": desk.party, "name": desk.name},
            "data": data, "private_digest": private_digest, "rules": list(rules), "evidence": [], "key": None,
            "at": claimed, "received_at": received, "is_demo": True,
            "previous": {"sha256": self.previous.sha256, "sm3": self.previous.sm3},
        }  # fmt: skip
        seal = seal_bytes(orjson.dumps(body, option=orjson.OPT_SORT_KEYS))
        self.rows.append((received_at, [
            pk, self.chain, seq, self.subject, act, from_state, to_state, desk.sort, desk.person, desk.post, desk.party,
            desk.name, orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode(), private_digest,
            orjson.dumps(body["rules"]).decode(), "[]", None, claimed, received, True,
            self.previous.sha256, self.previous.sm3, seal.sha256, seal.sm3,
        ]))  # fmt: skip
        self.previous = seal
        return pk


def instant(moment: datetime) -> str:
    """Return what ``canonical.instant`` returns; written here without its cost, and compared by a test."""
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"
