"""The envelope of the upload: how a portion is wrapped and signed, and how its receipt reads. Reconstructed, unconfirmed.

``POST <address>/<data set>`` with ``{"companyCode", "edition", "portion", "datas": […]}``; headers ``X-App-Id``, ``X-Timestamp``
(seconds) and ``X-Sign``: hexadecimal HMAC-SHA-256, keyed with the secret, over application id, time and body, a full stop between
them. The receipt: ``{"code": 200, "msg": "", "receipt": "…", "refused": [{"id", "msg"}]}``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anlan.domains.exchange.dual_prevention import EDITION

TAKEN = 200
TOLERATED_SECONDS = 300
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a platform answered to a portion: its number of receipt and, by id, why a record was refused."""

    number: str
    refused: Mapping[str, str]


def wrapped(company: str, portion: str, records: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the body of a portion; the same records give the same bytes."""
    body = {"companyCode": company, "edition": EDITION, "portion": portion, "datas": list(records)}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def headers(app_id: str, secret: str, seconds: int, body: bytes) -> dict[str, str]:
    """Return the headers that prove from whom a portion comes and when."""
    return {
        "X-App-Id": app_id,
        "X-Timestamp": str(seconds),
        "X-Sign": _sign(app_id, secret, str(seconds), body),
    }


def is_signed(given: Mapping[str, str], secret: str, body: bytes, now: float) -> bool:
    """Say whether a portion was signed with the secret within the last minutes: what a receiver must check."""
    named = {name.lower(): value for name, value in given.items()}
    stamp, app_id, sign = (named.get(name, "") for name in ("x-timestamp", "x-app-id", "x-sign"))
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return False
    is_ours = sign.isascii() and hmac.compare_digest(_sign(app_id, secret, stamp, body), sign)
    return is_ours and abs(now - int(stamp)) <= TOLERATED_SECONDS


def read(text: str) -> Receipt | None:
    """Return the receipt in an answer; None where it is none or says that the portion was not taken."""
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    if not isinstance(answer, dict) or answer.get("code") != TAKEN:
        return None
    refused = answer.get("refused", [])
    if not isinstance(refused, list) or not all(isinstance(one, dict) and "id" in one for one in refused):
        return None
    reasons = {str(one["id"])[:36]: str(one.get("msg", ""))[:LONGEST_REASON] for one in refused}
    return Receipt(str(answer.get("receipt", ""))[:80], reasons)


def _sign(app_id: str, secret: str, stamp: str, body: bytes) -> str:
    text = f"{app_id}.{stamp}.".encode() + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
