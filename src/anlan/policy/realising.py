"""What realises the policy: every register, loop, duty line, rule, calculator, indicator, page and command that says it does.

Names are read off the declarations; ``realised.yaml`` adds only what cannot say it itself (pages, commands) and what is
still missing. ``faults`` names whatever dangles, in either direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from anlan.kernel.indicators import indicators
from anlan.kernel.loops import loops
from anlan.kernel.registers import registers
from anlan.kernel.registers.declaration import clauses_of
from anlan.kernel.registers.pages import own_pages
from anlan.kernel.rules import catalogue, computations
from anlan.kernel.rules.catalogue import Catalogue
from anlan.kernel.words import Words
from anlan.policy import is_clause
from anlan.policy.catalogue import all_clauses

KINDS: dict[str, Words] = {
    "register": Words("台账", "Register"),
    "loop": Words("闭环", "Loop"),
    "duty": Words("并行义务", "Parallel duty"),
    "rule": Words("规则", "Rule"),
    "calculator": Words("计算", "Calculator"),
    "indicator": Words("指标", "Indicator"),
    "page": Words("页面", "Page"),
    "command": Words("命令", "Command"),
}
WRITTEN_KINDS = {"page", "command"}


@dataclass(frozen=True, slots=True)
class Name:
    """One thing in the product and the clauses it serves. ``name`` is what it is called in its own kind."""

    kind: str
    name: str
    words: Words
    serves: tuple[str, ...]


def names() -> list[Name]:
    """Return everything that says it serves the policy, in the order of the kinds."""
    return [*_declared(), *_written()]


def serving(kind: str, name: str) -> tuple[str, ...]:
    """Return the clauses one thing serves; for a loop those of its duty lines as well."""
    return _serving(kind, name, catalogue())


@lru_cache(maxsize=1024)
def _serving(kind: str, name: str, _book: Catalogue) -> tuple[str, ...]:
    wanted = {(kind, name)}
    found = [one for one in names() if (one.kind, one.name) in wanted]
    if kind == "loop":
        found += [one for one in names() if one.kind == "duty" and one.name.startswith(f"{name}.")]
    return tuple(dict.fromkeys(clause for one in found for clause in one.serves))


def missing() -> dict[str, Words]:
    """Return by clause what is still missing where something serves it."""
    return {key: Words(said["zh"], said["en"]) for key, said in _file().get("missing", {}).items()}


def reasons() -> dict[str, Words]:
    """Return by clause why no software can meet it."""
    return {key: Words(said["zh"], said["en"]) for key, said in _file().get("reasons", {}).items()}


def faults() -> list[str]:
    """Return what dangles: a name that serves no clause of the policy, a line about a clause nothing serves."""
    found = [f"{one.kind} {one.name} serves {c}" for one in names() for c in one.serves if not is_clause(c)]
    found += [
        f"{one['name']}: unknown kind {one['kind']}"
        for one in _file()["names"]
        if one["kind"] not in WRITTEN_KINDS
    ]
    served = {clause for one in names() for clause in one.serves}
    known = all_clauses()
    for key in missing():
        if key not in known:
            found.append(f"missing names {key}, which is no requirement")
        elif key not in served:
            found.append(f"missing names {key}, which nothing serves")
    for key in reasons():
        if key not in known or known[key].needs_software:
            found.append(f"reasons names {key}, which needs software or does not exist")
    found += [
        f"{key} has no reason"
        for key, one in known.items()
        if not one.needs_software and key not in reasons()
    ]
    return found


def _declared() -> Iterator[Name]:
    for model in registers():
        yield Name("register", model.kept.slug, model.kept.words, clauses_of(model.kept.serves))
    for loop in loops():
        yield Name("loop", loop.slug, loop.words, clauses_of(loop.serves))
    for loop in loops():
        for line in loop.lines.values():
            yield Name("duty", f"{loop.slug}.{line.name}", line.words, clauses_of(line.serves))
    book = catalogue()
    for key in book.names():
        value = book.versions(key)[-1]
        if value.serves:
            yield Name("rule", key, Words(value.zh, value.en), value.serves)
    for computation in computations().values():
        if computation.serves:
            words = Words(computation.zh, computation.en)
            yield Name("calculator", computation.name, words, computation.serves)
    for own in own_pages():
        yield Name("page", f"office:{own.slug}", own.words, clauses_of(own.serves))
    for indicator in indicators():
        yield Name("indicator", indicator.slug, indicator.words, clauses_of(indicator.serves))


def _written() -> Iterator[Name]:
    for one in _file()["names"]:
        yield Name(one["kind"], one["name"], Words(one["zh"], one["en"]), tuple(one["serves"]))


@cache
def _file() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with Path(__file__).with_name("realised.yaml").open(encoding="utf-8") as stream:
        read: dict[str, Any] = yaml.load(stream, Loader=loader)  # noqa: S506 - a safe loader
    return read
