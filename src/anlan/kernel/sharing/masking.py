"""Masking of personal data: enough is left to tell two people apart, not enough to reach either.

What a value is, is read off its shape: an identity number, a telephone, an address for letters or mail, else a name.
"""

from __future__ import annotations

import re

_IDENTITY = re.compile(r"\d{17}[\dXx]|\d{15}")
_MOBILE = re.compile(r"1\d{10}")
_TELEPHONE = re.compile(r"\+?[\d ()-]{7,20}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
STAR = "*"
WITHHELD = STAR * 3  # what stands for a free text: no part of it is safe to give


def masked(value: object) -> str:
    """Return a personal value in its masked form; nothing stays nothing."""
    text = str(value or "").strip()
    if not text:
        return ""
    if _IDENTITY.fullmatch(text):
        return masked_identity(text)
    if _MOBILE.fullmatch(text) or (_TELEPHONE.fullmatch(text) and sum(map(str.isdigit, text)) >= 7):
        return masked_telephone(text)
    if _MAIL.fullmatch(text):
        name, _, host = text.partition("@")
        return f"{name[0]}{STAR * 3}@{host}"
    return masked_name(text)


def masked_telephone(text: str) -> str:
    """Return a telephone number with its middle hidden: 13812345678 → 138****5678; a short one keeps its last two."""
    digits = re.sub(r"\D", "", text)
    if len(digits) == 11 and digits.startswith("1"):
        return f"{digits[:3]}****{digits[-4:]}"
    return STAR * (len(digits) - 2) + digits[-2:]


def masked_identity(text: str) -> str:
    """Return an identity number that tells the place alone: 220102********1234 would tell too much, so 220102 and stars."""
    return text[:6] + STAR * (len(text) - 6)


def masked_name(text: str) -> str:
    """Return a name of which the first character is left: 张三 → 张*, 欧阳娜娜 → 欧***; longer text keeps its first alone."""
    if len(text) == 1:
        return STAR
    return text[0] + STAR * min(len(text) - 1, 3)
