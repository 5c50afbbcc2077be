"""Pure rules on enterprises: the unified social credit code (GB 32100-2015) and industry codes (GB/T 4754-2017)."""

from __future__ import annotations

import re
import unicodedata
from operator import mul

# GB 32100-2015: 31 characters, without I, O, S, V, Z; the check character is computed modulo 31 with weights 3^i mod 31.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_LENGTH = 18
_WEIGHTS = tuple(pow(3, place, len(CREDIT_ALPHABET)) for place in range(CREDIT_LENGTH - 1))
_CHARACTERS = frozenset(CREDIT_ALPHABET)
_VALUE = {char: value for value, char in enumerate(CREDIT_ALPHABET)}
_INDUSTRY = re.compile(r"[A-T]?\d{0,4}")


def tidy_credit_code(text: str) -> str:
    """Return a credit code as it is stored: half-width, upper case, without spaces and hyphens."""
    if text.isascii() and text.isalnum():  # nearly all, and many thousands in a table
        return text.upper()
    return plain_code(text, r"[\s\-]")


def plain_code(text: str, filling: str) -> str:
    """Return a code half-width and with ASCII letters upper-case, without what matches ``filling``; twice is once."""
    bare = re.sub(filling, "", unicodedata.normalize("NFKC", text))
    if bare.isascii():
        return bare.upper()
    raised = "".join(char.upper() if char.isascii() else char for char in bare)
    return unicodedata.normalize("NFKC", raised)


def credit_check_character(first_seventeen: str) -> str:
    """Return the check character for the first 17 characters (GB 32100-2015, clause 4.4)."""
    modulus = len(CREDIT_ALPHABET)
    total = sum(map(mul, map(_VALUE.__getitem__, first_seventeen), _WEIGHTS))
    return CREDIT_ALPHABET[(modulus - total % modulus) % modulus]


def credit_code_fault(code: str) -> str:
    """Return what is wrong with a credit code: ``length``, ``character``, ``check``, or an empty text if nothing is."""
    if len(code) != CREDIT_LENGTH:
        return "length"
    if not _CHARACTERS.issuperset(code):
        return "character"
    return "" if credit_check_character(code[:-1]) == code[-1] else "check"


def is_industry_code(code: str) -> bool:
    """Say whether a text has the shape of a GB/T 4754 code: a section letter, or two to four digits."""
    digits = code.lstrip("ABCDEFGHIJKLMNOPQRST")
    return bool(_INDUSTRY.fullmatch(code)) and bool(code) and len(digits) != 1


# The organisation code (主体标识码) stands at characters 9 to 17 and stays with the body when it moves.
BODY_AT, BODY_LENGTH = 9, 9


def body_of(code: str) -> str:
    """Return the organisation code within a credit code."""
    return code[BODY_AT - 1 : BODY_AT - 1 + BODY_LENGTH]


def slips_of(code: str) -> set[str]:
    """Return every code that one slip of the pen makes: one character wrong, or two neighbours swapped."""
    wrong = {
        code[:at] + char + code[at + 1 :]
        for at in range(len(code))
        for char in CREDIT_ALPHABET
        if char != code[at]
    }
    swapped = {code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(len(code) - 1)}
    return (wrong | swapped) - {code}


def is_slip(one: str, other: str) -> bool:
    """Say whether two codes of the same length differ by one character or by two neighbours swapped."""
    if len(one) != len(other):
        return False
    places = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(places) == 1:
        return True
    return (
        len(places) == 2
        and places[1] == places[0] + 1
        and one[places[0]] == other[places[1]]
        and one[places[1]] == other[places[0]]
    )
