"""Sealing and opening one text: AES-256-GCM, the key's id and a fresh nonce written beside the ciphertext.

The purpose (``app.model.field``) is authenticated with the text, so a sealed value cannot be moved to another
column and still open. What cannot be opened raises ``VaultError``: garbage is never returned.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from anlan.kernel.vault.keys import KeyRing, VaultError, key_ring

FORMAT = "v1"
NONCE_BYTES = 12
TAG_BYTES = 16


def seal(text: str, purpose: str, ring: KeyRing | None = None) -> str:
    """Return ``v1.<key id>.<nonce and ciphertext, base64url>``."""
    return seal_many([text], purpose, ring)[0]


def seal_many(texts: Sequence[str], purpose: str, ring: KeyRing | None = None) -> list[str]:
    """Return each of some texts sealed, each with a nonce of its own."""
    key_id, key = (ring or key_ring()).current()
    encrypt, bound, begin = AESGCM(key).encrypt, _bound(key_id, purpose), f"{FORMAT}.{key_id}."
    sealed = []
    for text in texts:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed.append(begin + urlsafe_b64encode(nonce + encrypt(nonce, text.encode(), bound)).decode())
    return sealed


def open_sealed(sealed: str, purpose: str, ring: KeyRing | None = None) -> str:
    """Return the text, or raise ``VaultError`` when the key is missing or the value was changed or moved."""
    parts = sealed.split(".")
    if len(parts) != 3 or parts[0] != FORMAT:
        raise VaultError(f"{purpose}: the stored value is not a sealed text")
    _, key_id, payload = parts
    try:
        raw = urlsafe_b64decode(payload.encode("ascii"))
    except ValueError:
        raise VaultError(f"{purpose}: the sealed text is damaged") from None
    if len(raw) < NONCE_BYTES + TAG_BYTES:
        raise VaultError(f"{purpose}: the sealed text is damaged")
    key = (ring or key_ring()).key(key_id)
    try:
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(key_id, purpose)).decode()
    except InvalidTag:
        raise VaultError(
            f"{purpose}: the sealed text was altered, moved, or sealed with another key {key_id!r}"
        ) from None


def _bound(key_id: str, purpose: str) -> bytes:
    return f"{FORMAT}|{key_id}|{purpose}".encode()
