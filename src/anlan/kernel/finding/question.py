"""What was asked: the exact run of characters, and the words it is made of.

``化工企业消防`` is one run; its words are 化工, 企业, 消防, and a row may hold them far apart. The dictionary is the
segmenter's own; a word it does not know stays whole, and the exact run is always tried first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from anlan.kernel.registers.searching import folded

LONGEST = 100
MOST_WORDS = 12
LONG_WORD = 4  # words of four characters and more are mostly made of two
_RUN = re.compile(r"\w+")
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{2,}")


@dataclass(frozen=True)
class Question:
    """A question understood. ``exact`` is what was written, ``words`` what it is made of (empty if nothing more).

    ``left_out`` are single characters beside longer words: they are part of what was written, and not looked for apart.
    """

    text: str
    exact: str
    words: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.exact)

    @property
    def is_code(self) -> bool:
        """Say whether it looks like a number of a matter or a code of an enterprise."""
        return _CODE.fullmatch(self.text) is not None

    @property
    def terms(self) -> tuple[str, ...]:
        """Return what is marked in a hit: the runs as written, then the words."""
        return tuple(dict.fromkeys([*_RUN.findall(self.exact), *self.words]))

    def is_met_by(self, text: str) -> bool:
        """Say whether a text holds the exact run, or all the words."""
        held = folded(text)
        runs = _RUN.findall(self.exact)
        return all(run in held for run in runs) or (
            bool(self.words) and all(word in held for word in self.words)
        )


def understood(text: str) -> Question:
    """Return the question of a text; an empty one if nothing in it can be searched."""
    text = " ".join(text.replace("\x00", " ").split())[:LONGEST].strip()
    runs = _RUN.findall(folded(text))
    if not runs:
        return Question(text, "")
    words = [word for run in runs for word in _words_of(run)]
    telling = [word for word in words if len(word) > 1] or words
    telling = list(dict.fromkeys(telling))[:MOST_WORDS]
    left_out = dict.fromkeys(word for word in words if len(word) == 1 and word not in telling)
    return Question(text, " ".join(runs), tuple(telling) if telling != runs else (), tuple(left_out))


def _words_of(run: str) -> list[str]:
    if run.isascii():
        return [run]
    import rjieba  # here: reading its dictionary takes a quarter of a second, which a start need not wait for

    return [part for word in _joined(rjieba.cut(run)) for part in _parts_of(word) if part]


def _joined(words: Iterable[str]) -> list[str]:
    """Return the words with neighbouring single characters put together: a name, mostly, that the dictionary does not know."""
    found: list[str] = []
    is_single = False
    for word in (one.strip() for one in words):
        was, is_single = is_single, len(word) == 1 and not word.isascii()
        if was and is_single:
            found[-1] += word
        elif word:
            found.append(word)
    return found


def _parts_of(word: str) -> list[str]:
    """Return the shorter words a long one is made of, if they make it up without a gap."""
    if len(word) < LONG_WORD or word.isascii():
        return [word]
    import rjieba

    rest, parts = word, []
    shorter = sorted({w for w in rjieba.cut_for_search(word) if 1 < len(w) < len(word)}, key=len)
    while rest:
        first = next((w for w in shorter if rest.startswith(w)), "")
        if not first:
            return [word]
        parts.append(first)
        rest = rest[len(first) :]
    return parts
