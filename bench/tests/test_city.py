"""The bench's city writes what the ledger would: the same bytes, the same digests, ids in the order of time."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from random import Random

from bench.city.entries import CLOCK_DESK, COLUMNS, Chain, Desk, instant
from bench.city.ids import id_at

from anlan.kernel.ledger import canonical
from anlan.kernel.ledger.chain import fault_of
from anlan.kernel.ledger.digests import NOTHING, Seal

AT = datetime(2026, 3, 4, 5, 6, 7, 89000, tzinfo=UTC)
DESK = Desk(str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4()), "张“三”", "county_officer")


def test_a_chain_hangs_together_and_its_digests_are_those_of_the_careful_writer() -> None:
    chain = Chain("hidden_dangers.HiddenDanger", str(uuid.uuid4()), Random(1))
    chain.add("opened", DESK, AT, AT, {"answers": {"b": '引号"', "a": None}}, to_state="reported")
    chain.add("late_overdue", CLOCK_DESK, AT, AT + timedelta(minutes=1), {"duty": "state:reported"}, from_state="reported",
              to_state="reported")  # fmt: skip
    previous = NOTHING
    for seq, (_, row) in enumerate(chain.rows, 1):
        entry = dict(zip(COLUMNS, row, strict=False))
        seal = Seal(entry["sha256"], entry["sm3"])
        assert fault_of(_body(entry), seal, previous, seq) is None
        previous = seal


def _body(entry: dict[str, object]) -> dict[str, object]:
    import json

    names = ("id", "chain", "seq", "subject", "act", "from_state", "to_state", "private_digest", "key", "at", "received_at",
             "is_demo")  # fmt: skip
    actor = {name: entry[f"actor_{name}"] for name in ("kind", "person", "post", "party", "name")}
    return {
        **{name: entry[name] for name in names}, "v": 1, "actor": actor, "data": json.loads(str(entry["data"])),
        "rules": json.loads(str(entry["rules"])), "evidence": [],
        "previous": {"sha256": entry["previous"], "sm3": entry["previous_sm3"]},
    }  # fmt: skip


def test_an_instant_is_written_as_the_ledger_writes_it() -> None:
    for moment in (AT, AT.replace(microsecond=0), AT.astimezone().replace(microsecond=1)):
        assert instant(moment) == canonical.instant(moment)


def test_ids_are_uuids_of_version_7_in_the_order_of_time() -> None:
    random = Random(2)
    found = [id_at(random, AT + timedelta(seconds=n)) for n in range(50)]
    assert found == sorted(found)
    assert {uuid.UUID(one).version for one in found} == {7}
