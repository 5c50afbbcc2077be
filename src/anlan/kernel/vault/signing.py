"""The signature of this installation (Ed25519): it signs the daily anchor, anyone with the public key can
check it.

Somebody who can rewrite the whole database but does not hold the key file cannot make the anchors agree
again.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anlan.kernel.vault.keys import KeyRing, key_ring


def sign(message: bytes, ring: KeyRing | None = None) -> tuple[str, str]:
    """Return the signature and the public key, both in hexadecimal."""
    return _secret(ring).sign(message).hex(), public_key(ring)


def public_key(ring: KeyRing | None = None) -> str:
    """Return the public key of this installation in hexadecimal."""
    return _secret(ring).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def signed_by(message: bytes, signature: str, key: str) -> bool:
    """Say whether ``signature`` is that of ``public_key`` over ``message``; malformed input is simply not
    signed.
    """
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _secret(ring: KeyRing | None) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes((ring or key_ring()).sign_key())
