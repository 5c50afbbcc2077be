"""The catalogue of rules: every number of law with its clause, its place and its dates.

One instrument (law, regulation, standard, …) is described once; every value cites an instrument and an
article. A value is looked up by key, by the date the matter names, and by place: the most specific place
with a value in force wins (``CN-2201`` before ``CN-22`` before ``CN``). A date without a value is an error,
never "the last one known". Reading refuses overlapping values, holes, unknown instruments and values
outside the life of their instrument.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from anlan.kernel.rules.loading import read_catalogue
from anlan.kernel.rules.parameters import COUNTRY, Instrument, Parameter, RuleGap, UnknownRule, places_upwards


class Catalogue:
    """All instruments and values; immutable once loaded."""

    def __init__(self, instruments: dict[str, Instrument], values: dict[str, tuple[Parameter, ...]]) -> None:
        self.instruments = instruments
        self._values = values

    @classmethod
    def load(cls, paths: Iterable[Path]) -> Catalogue:
        """Read rule folders and files, in order.

        A folder gives its ``instruments.yaml``, ``rules.yaml`` and ``criteria/*.yaml``, as far as they
        exist; a later folder (a city pack) may add values for its own place to a key of an earlier one.
        Raises ``RuleFileError``.
        """
        return cls(*read_catalogue([file for path in paths for file in _rule_files(path)]))

    def get(self, key: str, as_of: date, where: str = COUNTRY) -> Parameter:
        """Return the value in force; raises ``UnknownRule`` or ``RuleGap``."""
        versions = self.versions(key)
        for place in places_upwards(where):
            for value in versions:
                if value.where == place and value.is_in_force(as_of):
                    return value
        raise RuleGap(f"{key}: no rule in force on {as_of.isoformat()} at {where}")

    def versions(self, key: str) -> tuple[Parameter, ...]:
        """Return every value of a rule, by place and date; raises ``UnknownRule``."""
        try:
            return self._values[key]
        except KeyError:
            raise UnknownRule(f"no rule is called {key!r}") from None

    def names(self) -> tuple[str, ...]:
        """Return the names of all rules."""
        return tuple(sorted(self._values))

    def hanging_on(self, law: str) -> tuple[Parameter, ...]:
        """Return every value that cites an instrument: what a repeal would touch."""
        if law not in self.instruments:
            raise UnknownRule(f"no instrument is called {law!r}")
        return tuple(v for v in self._all() if v.citation.instrument.key == law)

    def ending_with_their_law(self) -> tuple[Parameter, ...]:
        """Return values cut short by the end of their instrument and followed by no other value: work to
        do.
        """
        return tuple(v for v in self._all() if v.effective_to and not self._is_followed(v, v.effective_to))

    def _is_followed(self, value: Parameter, last: date) -> bool:
        after = last + timedelta(days=1)
        return any(
            v.is_in_force(after) for v in self._values[value.key] if v.where in places_upwards(value.where)
        )

    def _all(self) -> Iterator[Parameter]:
        for key in self.names():
            yield from self._values[key]


def _rule_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    named = [path / "instruments.yaml", path / "rules.yaml"]
    return [file for file in named if file.is_file()] + sorted((path / "criteria").glob("*.yaml"))
