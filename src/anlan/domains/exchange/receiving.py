"""A receiver of the dual-prevention upload, in memory: what a platform would check, so that a sender can be tried without one.

It checks signature, format and that parents are there, keeps each record by its id (a repeated portion changes nothing), and
answers as ``envelope`` reads. It knows no database: a vendor may run it alone (``./anlan mock dual-prevention``).
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from anlan.domains.exchange import dual_prevention as fmt
from anlan.domains.exchange.envelope import TAKEN, is_signed

MOST_BYTES = 4_000_000
MOST_RECORDS = 500
BAD, FORBIDDEN, UNKNOWN, LARGE = 400, 401, 404, 413


@dataclass
class Platform:
    """What the receiver holds: the rows by data set and id, and how many portions came."""

    secret: str
    rows: dict[str, dict[str, Mapping[str, str]]] = field(
        default_factory=lambda: {one: {} for one in fmt.BY_NAME}
    )
    portions: int = 0
    held: threading.Lock = field(default_factory=threading.Lock)

    def take(
        self, data_set: str, headers: Mapping[str, str], body: bytes, now: float
    ) -> tuple[int, dict[str, Any]]:
        """Take a portion; returns the HTTP status and the answer. Never raises for what a sender may do."""
        if data_set not in fmt.BY_NAME:
            return UNKNOWN, _said(UNKNOWN, "没有这类数据 / no such data set")
        if len(body) > MOST_BYTES:
            return LARGE, _said(LARGE, "内容太大 / too large")
        if not is_signed(headers, self.secret, body, now):
            return FORBIDDEN, _said(FORBIDDEN, "签名不对或已过时 / wrong or old signature")
        given = _read(body)
        if given is None:
            return BAD, _said(BAD, "应为 JSON 对象，datas 为数组 / a JSON object with a list datas")
        with self.held:
            self.portions += 1
            refused = [refusal for record in given if (refusal := self._kept(data_set, record))]
        return 200, {**_said(TAKEN, ""), "receipt": str(uuid.uuid4()), "refused": refused}

    def _kept(self, data_set: str, record: Mapping[str, Any]) -> dict[str, str] | None:
        """Keep one record, or say why not."""
        faults = {name: str(words.zh) for name, words in fmt.faults_of(data_set, record).items()}
        for one in fmt.BY_NAME[data_set].fields:
            parent = record.get(one.name)
            if one.refers_to and parent and one.name not in faults and parent not in self.rows[one.refers_to]:
                faults[one.name] = f"{fmt.BY_NAME[one.refers_to].words.zh}中没有该主键"
        if faults:
            return {
                "id": str(record.get("id", ""))[:36],
                "msg": "；".join(f"{k}：{v}" for k, v in faults.items()),
            }
        self.rows[data_set][record["id"]] = dict(record)
        return None


def _said(code: int, text: str) -> dict[str, Any]:
    return {"code": code, "msg": text}


def _read(body: bytes) -> list[Mapping[str, Any]] | None:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return None
    records = given.get("datas") if isinstance(given, dict) else None
    if (
        not isinstance(records, list)
        or len(records) > MOST_RECORDS
        or not all(isinstance(one, dict) for one in records)
    ):
        return None
    return records
