"""Exact look-up of what is stored encrypted: a keyed digest that is equal for equal values and says nothing
else.
"""

from __future__ import annotations

import hmac
import unicodedata
from hashlib import sha256

from anlan.kernel.vault.keys import KeyRing, key_ring


def blind_index(value: str, ring: KeyRing | None = None) -> str:
    """Return the HMAC-SHA-256 (64 hex digits) of the value in its plain form; of nothing, nothing.

    Full-width forms, blanks and case are levelled first, so that a phone or identity number typed in another
    way is found again.
    """
    plain = "".join(unicodedata.normalize("NFKC", value).split()).upper()
    if not plain:
        return ""
    return hmac.new((ring or key_ring()).index_key(), plain.encode(), sha256).hexdigest()
