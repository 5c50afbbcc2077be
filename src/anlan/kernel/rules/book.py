"""The rule book in use: which files were read, and the look-ups everybody calls.

The composition root (command line, web, tests) calls ``install`` once with the names of the domain packages
and the folders of city packs; the first look-up reads the files. Kernel code never names a domain.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from anlan.kernel.clock import use_holiday_folders
from anlan.kernel.rules.catalogue import Catalogue
from anlan.kernel.rules.parameters import COUNTRY, Parameter, RuleGap, places_upwards

KERNEL_FOLDER = Path(__file__).parent
KERNEL_COMPUTATIONS = "anlan.kernel.rules.deadline_calculator"


class NoRuleBook(RuntimeError):
    """Rules were asked for before the composition root said which ones there are."""


@dataclass
class _Book:
    domains: tuple[str, ...]
    packs: tuple[Path, ...]
    where: str
    catalogue: Catalogue | None = None


@dataclass(frozen=True)
class LighterOf:
    """行政处罚法 art. 37: the rule at the act, the rule at the decision, and the one that applies. Both are
    kept.
    """

    at_act: Parameter
    at_decision: Parameter | None
    applies: Parameter
    reason_zh: str
    reason_en: str


_book: _Book | None = None


def install(domains: Sequence[str], packs: Sequence[Path] = (), where: str = COUNTRY) -> None:
    """Say which rules there are: domain packages by name, packs by folder, the place looked up by default.

    A domain gives ``rules.yaml``, ``instruments.yaml``, ``criteria/`` and ``rules.py`` beside each other; a
    pack gives ``rules/`` (values for its own place) and ``holidays/`` (years of the working calendar).
    Files are read on first use; the computations of every ``rules.py`` are registered now.
    """
    global _book
    tuple(places_upwards(where))  # refuses what is not a place
    _book = _Book(tuple(domains), tuple(packs), where)
    if folders := [pack / "holidays" for pack in packs if (pack / "holidays").is_dir()]:
        use_holiday_folders(folders)
    importlib.import_module(KERNEL_COMPUTATIONS)
    for name in domains:
        if (_folder(name) / "rules.py").is_file():
            importlib.import_module(f"{name}.rules")


def catalogue() -> Catalogue:
    """Return the catalogue in use, reading its files the first time; raises ``NoRuleBook`` or
    ``RuleFileError``.
    """
    book = _installed()
    if book.catalogue is None:
        packs = [pack / "rules" for pack in book.packs if (pack / "rules").is_dir()]
        book.catalogue = Catalogue.load([KERNEL_FOLDER, *map(_folder, book.domains), *packs])
    return book.catalogue


def default_place() -> str:
    """Return the place that is looked up when none is named."""
    return _installed().where


def parameter(key: str, as_of: date, where: str | None = None) -> Parameter:
    """Return the value of a rule in force on a date at a place (by default the installed one).

    Raises ``UnknownRule`` for a key nobody declared and ``RuleGap`` when nothing is in force.
    """
    return catalogue().get(key, as_of, where or default_place())


def lighter_of(
    key: str,
    act: date,
    decision: date,
    where: str | None = None,
    weight: Callable[[Any], Any] | None = None,
) -> LighterOf:
    """Choose between the rule at the act and the rule at the decision: the act's, unless the later is less.

    ``weight`` says how heavy a value is (a number as it stands, a bracket by its upper then lower end, by
    default). A rule repealed by the day of the decision leaves the act's rule; whether the act is still
    punishable is not decided here. Raises ``UnknownRule`` and, when there was no rule at the act,
    ``RuleGap``.
    """
    at_act = parameter(key, act, where)
    try:
        at_decision = parameter(key, decision, where)
    except RuleGap:
        return LighterOf(at_act, None, at_act, "作出决定时已无相应规定", "No such rule at the decision")
    heavy = weight or _heaviness
    if heavy(at_decision.value) < heavy(at_act.value):
        return LighterOf(
            at_act,
            at_decision,
            at_decision,
            "新规定较轻，适用新规定",
            "The later rule is lighter and applies",
        )
    return LighterOf(
        at_act, at_decision, at_act, "适用违法行为发生时的规定", "The rule at the time of the act applies"
    )


def _heaviness(value: Any) -> tuple[Decimal, Decimal]:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value), Decimal(value)
    if isinstance(value, list) and len(value) == 2:
        low, high = value
        return (Decimal("Infinity") if high is None else Decimal(high)), Decimal(low or 0)
    raise TypeError("say with 'weight' how heavy such a value is")


def _installed() -> _Book:
    if _book is None:
        raise NoRuleBook("call anlan.kernel.rules.book.install first: the composition root names the domains")
    return _book


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise NoRuleBook(f"no package is called {package!r}")
    return Path(next(iter(spec.submodule_search_locations)))
