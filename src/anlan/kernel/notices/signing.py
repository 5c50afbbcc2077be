"""Signatures of webhooks by the Standard Webhooks scheme (standardwebhooks.com): HMAC-SHA-256 over id, time and body.

Headers: ``webhook-id``, ``webhook-timestamp`` (seconds), ``webhook-signature`` (``v1,<base64>``). Secrets are
``whsec_`` and the base64 of the key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

PREFIX = "whsec_"
KEY_BYTES = 32
TOLERATED = timedelta(minutes=5)


def new_secret() -> str:
    """Return a fresh secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def signed(secret: str, message: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers that prove where a body comes from and when it was sent."""
    stamp = str(int(at.timestamp()))
    return {
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{_signature(secret, message, stamp, body)}",
    }


def is_ours(secret: str, headers: dict[str, str], body: bytes, now: datetime) -> bool:
    """Say whether a received body was signed with the secret within the last minutes; what a receiver must check."""
    stamp = headers.get("webhook-timestamp", "")
    if (
        not stamp.isascii()
        or not stamp.isdigit()
        or abs(now.timestamp() - int(stamp)) > TOLERATED.total_seconds()
    ):
        return False
    expected = _signature(secret, headers.get("webhook-id", ""), stamp, body)
    given = [
        part.partition(",")[2]
        for part in headers.get("webhook-signature", "").split(" ")
        if part.startswith("v1,")
    ]
    return any(hmac.compare_digest(expected, one) for one in given if one.isascii())


def _signature(secret: str, message: str, stamp: str, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as fault:
        raise ValueError("a secret is whsec_ and base64") from fault
    signed_text = f"{message}.{stamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed_text, hashlib.sha256).digest()).decode()
