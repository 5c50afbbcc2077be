"""Pure rules on enterprises: the unified social credit code (GB 32100-2015) and industry codes (GB/T 4754-2017)."""

from __future__ import annotations

import re
import unicodedata

# GB 32100-2015: 31 characters, without I, O, S, V, Z; the check character is computed modulo 31 with weights 3^i mod 31.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_LENGTH = 18
_WEIGHT_BASE = 3
_INDUSTRY = re.compile(r"[A-T]?\d{0,4}")


def tidy_credit_code(text: str) -> str:
    """Return a credit code as it is stored: half-width, upper case, without spaces and hyphens."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()


def credit_check_character(first_seventeen: str) -> str:
    """Return the check character for the first 17 characters (GB 32100-2015, clause 4.4)."""
    modulus = len(CREDIT_ALPHABET)
    total = sum(
        CREDIT_ALPHABET.index(char) * pow(_WEIGHT_BASE, place, modulus)
        for place, char in enumerate(first_seventeen)
    )
    return CREDIT_ALPHABET[(modulus - total % modulus) % modulus]


def credit_code_fault(code: str) -> str:
    """Return what is wrong with a credit code: ``length``, ``character``, ``check``, or an empty text if nothing is."""
    if len(code) != CREDIT_LENGTH:
        return "length"
    if any(char not in CREDIT_ALPHABET for char in code):
        return "character"
    return "" if credit_check_character(code[:-1]) == code[-1] else "check"


def is_industry_code(code: str) -> bool:
    """Say whether a text has the shape of a GB/T 4754 code: a section letter, or two to four digits."""
    digits = code.lstrip("ABCDEFGHIJKLMNOPQRST")
    return bool(_INDUSTRY.fullmatch(code)) and bool(code) and len(digits) != 1
