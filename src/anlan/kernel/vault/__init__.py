"""The vault: keys of this installation, text that is stored encrypted, and exact look-up without reading it.

Serves the protection of personal data (个人信息保护法 art. 51: encryption, de-identification) and of
informants' identities.

Keys live beside the data in ``ANLAN_DATA/keys`` (one file each, readable by the owner only) and
never in the database. Who may reveal what, and the log of it, is decided above (identity); the vault only
opens and closes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anlan.kernel.vault.cipher import open_sealed, seal
from anlan.kernel.vault.index import blind_index
from anlan.kernel.vault.keys import VaultError, ensure_keys, key_ring, rotate
from anlan.kernel.vault.signing import sign, signed_by

if TYPE_CHECKING:
    from anlan.kernel.vault.fields import EncryptedText

__all__ = [
    "EncryptedText",
    "VaultError",
    "blind_index",
    "ensure_keys",
    "key_ring",
    "open_sealed",
    "rotate",
    "seal",
    "sign",
    "signed_by",
]


def __getattr__(name: str) -> Any:
    # Whoever only opens what is sealed, such as a process that checks the ledger, needs no Django.
    if name != "EncryptedText":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from anlan.kernel.vault.fields import EncryptedText

    return EncryptedText
