"""Marking what was found in a text: pieces of plain text, each said to be a hit or not. Escaping is the page's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from anlan.kernel.registers.searching import folded

AROUND = 24  # characters shown on each side of the first hit


def marked(text: str, terms: Sequence[str], longest: int = 0) -> list[tuple[str, bool]]:
    """Return the text in pieces, hits marked; with ``longest`` only a window around the first hit is kept.

    Terms are folded; a character whose folding is longer than itself (… becomes three dots) is compared as it stands.
    """
    held = "".join(one if len(one := folded(character)) == 1 else character for character in text)
    pattern = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True) if term)
    hits = [found.span() for found in re.finditer(pattern, held)] if pattern else []
    if longest and len(text) > longest:
        start = max(0, (hits[0][0] if hits else 0) - AROUND)
        return marked(_cut(text, start, longest), terms)
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in hits:
        if start > at:
            pieces.append((text[at:start], False))
        pieces.append((text[start:end], True))
        at = end
    if at < len(text):
        pieces.append((text[at:], False))
    return pieces


def _cut(text: str, start: int, longest: int) -> str:
    if not longest or len(text) <= longest:
        return text
    end = start + longest
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
