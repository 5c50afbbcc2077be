"""Words in two languages, kept side by side where a thing is named.

Nouns, states and steps are bilingual in place (Chinese first); prose of templates is served by ``.po`` files.
Never a translation service: a ``Words`` only picks one of the two texts it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

if TYPE_CHECKING:
    # To the type checker a label is a text, so that it may stand wherever Django takes one.
    Promise = str
else:
    from django.utils.functional import Promise


class Words(Promise):
    """A label in Chinese and English; ``str()`` follows the language of the reader (Chinese by default)."""

    def __init__(self, zh: str, en: str) -> None:
        """Take the Chinese and the English text; neither may be empty."""
        if not zh or not en:
            raise ValueError(f"a label needs both languages: {zh!r}, {en!r}")
        self._texts = (zh, en)

    @property
    def zh(self) -> str:
        """The Chinese text."""
        return self._texts[0]

    @property
    def en(self) -> str:
        """The English text."""
        return self._texts[1]

    def __str__(self) -> str:
        language = get_language() or "zh-hans"
        return self.en if language.startswith("en") else self.zh

    def __repr__(self) -> str:
        return f"Words({self.zh!r}, {self.en!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Words):
            return (self.zh, self.en) == (other.zh, other.en)
        return str(self) == other

    def __hash__(self) -> int:
        return hash(self.zh)

    def __len__(self) -> int:
        return len(str(self))

    def __add__(self, other: object) -> str:
        return str(self) + str(other)

    def __radd__(self, other: object) -> str:
        return str(other) + str(self)

    def __mod__(self, values: Any) -> str:
        return str(str(self).__mod__(values))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def filled(self, **values: object) -> Words:
        """Return the words with ``{name}`` places filled, in both languages."""
        zh = {k: v.zh if isinstance(v, Words) else v for k, v in values.items()}
        en = {k: v.en if isinstance(v, Words) else v for k, v in values.items()}
        return Words(self.zh.format(**zh), self.en.format(**en))

    def both(self) -> dict[str, str]:
        """Return ``{"zh": …, "en": …}`` as the API and the ledger write it."""
        return {"zh": self.zh, "en": self.en}
