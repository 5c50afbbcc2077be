"""The operator's mail server, read from the environment: ANLAN_SMTP_URL, ANLAN_SMTP_FROM, ANLAN_SMTP_PASSWORD_FILE.

`smtp://name:password@host:587` speaks STARTTLS, `smtps://…:465` TLS from the start; `?tls=none` on a trusted network alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


class PostboxTrouble(ValueError):
    """The setting cannot be used; the message says which part, never the password."""


def smtp(environment: Mapping[str, str]) -> dict[str, object]:
    """Return how to reach the mail server; nothing when none is named."""
    url = environment.get("ANLAN_SMTP_URL", "").strip()
    if not url:
        return {}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise PostboxTrouble("ANLAN_SMTP_URL: not an address (smtp://name:password@host:587)") from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise PostboxTrouble("ANLAN_SMTP_URL: begins with smtp:// or smtps:// and names a host")
    tls = "tls" if parts.scheme == "smtps" else parse_qs(parts.query).get("tls", ["starttls"])[-1]
    if tls not in {"tls", "starttls", "none"}:
        raise PostboxTrouble("ANLAN_SMTP_URL: tls is starttls or none")
    sender = environment.get("ANLAN_SMTP_FROM", "").strip()
    if "@" not in sender:
        raise PostboxTrouble("ANLAN_SMTP_FROM: the address mails come from is missing")
    file = environment.get("ANLAN_SMTP_PASSWORD_FILE", "")
    password = Path(file).read_text("utf-8").strip() if file else unquote(parts.password or "")
    return {
        "host": parts.hostname, "port": port or (465 if tls == "tls" else 587), "user": unquote(parts.username or ""),
        "password": password, "tls": tls, "sender": sender,
    }  # fmt: skip
