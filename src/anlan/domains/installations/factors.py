"""What GB 18218-2018 says of one chemical: its critical quantity Q and its factor β, and from which table. Pure.

Table 1 by name comes before table 2 by hazard category (4.1.2); of several categories the lowest Q, and, where the standard is
silent, the largest β. A mixture of the same class is taken whole as the pure substance, of another class by that class (4.2.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from anlan.domains.chemicals.catalogue import Substance, named, names_of
from anlan.kernel.rules.computing import Consulted
from anlan.kernel.rules.faults import InputErrors
from anlan.kernel.rules.parameters import Parameter
from anlan.kernel.rules.reading import plain

SYMBOLS = (
    "J1", "J2", "J3", "J4", "J5", "W1.1", "W1.2", "W1.3", "W2", "W3", "W4", "W5.1", "W5.2", "W5.3", "W5.4", "W6.1", "W6.2",
    "W7.1", "W7.2", "W8", "W9.1", "W9.2", "W10", "W11",
)  # fmt: skip


# Coal gas is named with carbon monoxide, of which table 3 gives a larger β than its hazard class.
TABLE3_AS = MappingProxyType({"table3_CO": "carbon_monoxide"})


@dataclass(frozen=True, slots=True)
class Worded:
    """Where a number is from, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Exact:
    """A number of a table, and how it is written."""

    number: Fraction
    text: str


@lru_cache(maxsize=512)
def exact(value: Decimal | int) -> Exact:
    """Return a number of a table as a fraction, made once."""
    return Exact(Fraction(value), plain(value))


@dataclass(frozen=True, slots=True)
class Factors:
    """Q and β of one chemical, each with where it is from; ``inferred``: β rests on a category nobody gave."""

    name: Worded
    critical: Exact
    beta: Exact | None
    critical_from: Worded
    beta_from: Worded
    inferred: bool = False

    @property
    def beta_text(self) -> str | None:
        """Return β as it is written; None where it is not known."""
        return None if self.beta is None else self.beta.text


def factors_of(one: Mapping[str, Any], rules: Consulted, path: str) -> Factors:
    """Return Q and β of one substance with the tables they are from; raises ``InputErrors`` where the standard cannot be read."""
    categories: tuple[str, ...] = tuple(one.get("categories") or ())
    substance = _substance(one, path, bool(categories))
    row = _named_row(substance, rules)
    if (
        row is not None
        and one.get("mixture")
        and categories
        and not _same_class(substance, categories, rules)
    ):
        row = None
    if row is not None and substance is not None:
        return _by_name(row, substance, categories, bool(one.get("mixture")), rules)
    if not categories:
        zh = "表1没有列名，填危险性类别（表2符号，见安全技术说明书）"
        raise InputErrors.one(
            f"{path}.categories",
            "categories_needed",
            zh,
            "table 1 does not name it; give its hazard categories",
        )
    return _by_category(one.get("name") or (substance.name_zh if substance else None), categories, rules)


def _substance(one: Mapping[str, Any], path: str, has_categories: bool) -> Substance | None:
    """Return the substance a row names by CAS number or by name; None where only categories are given."""
    for field in ("cas", "name"):
        text = one.get(field)
        if not text:
            continue
        found = named(text)
        listed = [each for each in found if each.table1_no is not None] or list(found)
        if len(listed) == 1:
            return listed[0]
        if len(listed) > 1:
            zh, en = (
                f"“{text[:40]}”对应多种，写明是哪一种：{names_of(listed)}",
                f"“{text[:40]}” may be several: {names_of(listed)}",
            )
            raise InputErrors.one(f"{path}.{field}", "ambiguous_substance", zh, en)
        if not has_categories:
            zh, en = (
                f"没有“{text[:40]}”，核对名称或者填危险性类别",
                f"nothing is called “{text[:40]}”; give its hazard categories",
            )
            raise InputErrors.one(f"{path}.{field}", "unknown_substance", zh, en)
    if not one.get("name") and not one.get("cas") and not has_categories:
        zh, en = "名称、CAS 号、危险性类别至少填一项", "give a name, a CAS number or hazard categories"
        raise InputErrors.one(f"{path}.name", "required", zh, en)
    return None


def _named_row(substance: Substance | None, rules: Consulted) -> Mapping[str, Any] | None:
    if substance is None or substance.table1_no is None:
        return None
    table = rules.peek("installations.named_quantities") or rules("installations.named_quantities")
    found: Mapping[str, Any] | None = _by(table, "seq").get(substance.table1_no)
    return found


def _same_class(substance: Substance | None, categories: Sequence[str], rules: Consulted) -> bool:
    usual = _usual_category(substance, rules)
    return usual is None or usual in categories


def _usual_category(substance: Substance | None, rules: Consulted) -> str | None:
    if substance is None:
        return None
    table = rules.peek("installations.likely_categories")
    row = _by(table, "code").get(substance.key) if table else None
    return row["symbol"] if row else (substance.category if substance.category in SYMBOLS else None)


def _by_name(
    row: Mapping[str, Any],
    substance: Substance,
    categories: Sequence[str],
    is_mixture: bool,
    rules: Consulted,
) -> Factors:
    rules("installations.named_quantities")
    critical_from = Worded(f"表1序号{row['seq']}", f"table 1 no. {row['seq']}")
    if is_mixture:
        critical_from = Worded(
            f"{critical_from.zh}，混合物类别相同，整体按纯物质（4.2.3）",
            f"{critical_from.en}, mixture of the same class, whole as pure (4.2.3)",
        )
    name, critical = Worded(substance.name_zh, substance.name_en), exact(row["critical_t"])
    toxic = _by(rules.peek("installations.named_factors"), "code").get(
        TABLE3_AS.get(substance.category or "", substance.key)
    )
    if toxic is not None:
        rules("installations.named_factors")
        return Factors(name, critical, exact(toxic["beta"]), critical_from, Worded("表3", "table 3"))
    if categories:
        beta, beta_from = _largest_beta(categories, rules)
        return Factors(name, critical, beta, critical_from, beta_from)
    usual = _usual_category(substance, rules)
    if usual is None:
        needed = Worded("β 须填危险性类别", "β needs the hazard category")
        return Factors(name, critical, None, critical_from, needed)
    beta, beta_from = _largest_beta([usual], rules)
    inferred = Worded(
        f"{beta_from.zh}（类别由推导，以 SDS 为准）", f"{beta_from.en} (category inferred, the SDS decides)"
    )
    return Factors(name, critical, beta, critical_from, inferred, inferred=True)


def _by_category(name: str | None, categories: Sequence[str], rules: Consulted) -> Factors:
    """Take the lowest critical quantity of several categories (4.1.2) and the largest β."""
    quantities = _by(rules("installations.category_quantities"), "symbol")
    symbol = min(categories, key=lambda one: exact(quantities[one]["critical_t"]).number)
    several = len(categories) > 1
    critical_from = Worded(
        f"表2 {symbol}" + ("，几类中取临界量最小（4.1.2）" if several else ""),
        f"table 2 {symbol}" + (", the lowest of several (4.1.2)" if several else ""),
    )
    beta, beta_from = _largest_beta(categories, rules)
    label = Worded(name or "、".join(categories), name or ", ".join(categories))
    return Factors(label, exact(quantities[symbol]["critical_t"]), beta, critical_from, beta_from)


def _largest_beta(symbols: Sequence[str], rules: Consulted) -> tuple[Exact, Worded]:
    factors = _by(rules("installations.category_factors"), "symbol")
    symbol = max(symbols, key=lambda one: exact(factors[one]["beta"]).number)
    several = len(symbols) > 1
    return exact(factors[symbol]["beta"]), Worded(
        f"表4 {symbol}" + ("，几类中取大" if several else ""),
        f"table 4 {symbol}" + (", the largest of several" if several else ""),
    )


def _by(table: Parameter | None, column: str) -> Mapping[Any, Mapping[str, Any]]:
    """Return the rows of a table by one column, put in order once for each version of the table."""
    if table is None:
        return {}
    kept = _ordered(column)
    found = kept.get(id(table.value))
    if found is None:
        found = kept[id(table.value)] = (table.value, {row[column]: row for row in table.value})
    return found[1]


@lru_cache(maxsize=8)
def _ordered(column: str) -> dict[int, tuple[Any, dict[Any, Mapping[str, Any]]]]:
    """Return what is kept by this column; the table itself is kept beside, so that its identity stays its own."""
    return {}
