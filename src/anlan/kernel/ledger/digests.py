"""Digests of the ledger: SHA-256 and SM3 (GB/T 32905-2016) side by side, over bytes, canonical values and
streams.

Two hashes of different families: should one of them fail one day, the other still holds the chain.
"""

from __future__ import annotations

import hashlib
from binascii import hexlify
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes

from anlan.kernel.ledger.canonical import canonical, canonical_of_plain


@dataclass(frozen=True)
class Seal:
    """The two digests of the same bytes, in hexadecimal."""

    sha256: str
    sm3: str


NOTHING = Seal("", "")
_SM3 = hashes.Hash(
    hashes.SM3()
)  # never fed: copying it is cheaper than beginning one, of which every entry needs one
# Python's own way to the same OpenSSL costs less a text; not every build of OpenSSL has SM3 for it.
_SM3_OF_PYTHON = hashlib.new("sm3") if "sm3" in hashlib.algorithms_available else None


class Digest:
    """Both digests, fed piece by piece, for what is too large to hold."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._sm3 = _SM3.copy()

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        self._sha256.update(piece)
        self._sm3.update(piece)

    def seal(self) -> Seal:
        """Return the digests of all pieces so far."""
        return Seal(self._sha256.hexdigest(), self._sm3.copy().finalize().hex())


def seal_bytes(content: bytes) -> Seal:
    """Return both digests of ``content``."""
    return Seal(sha256_of(content), sm3_of(content))


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def sm3_of(content: bytes) -> str:
    """Return the SM3 of ``content`` in hexadecimal."""
    return sm3_bytes(content).hex()


def sm3_bytes(content: bytes) -> bytes:
    """Return the SM3 of ``content``."""
    if _SM3_OF_PYTHON is not None:
        quick = _SM3_OF_PYTHON.copy()
        quick.update(content)
        return quick.digest()
    running = _SM3.copy()
    running.update(content)
    return running.finalize()


def both_hex(content: bytes) -> bytes:
    """Return both digests of ``content`` in hexadecimal, the one after the other."""
    return hexlify(hashlib.sha256(content).digest() + sm3_bytes(content))


def seal_value(value: Any) -> Seal:
    """Return both digests of the canonical form of ``value``."""
    return seal_bytes(canonical(value))


def seal_plain(value: Any) -> Seal:
    """Return ``seal_value`` of what is in JSON's own types for certain, sooner."""
    return seal_bytes(canonical_of_plain(value))
