"""Search in Chinese without an extension of the database: bigrams with positions in a ``tsvector``.

A query becomes a phrase of adjacent bigrams, so a hit is an exact run of characters; it serves words, names, numbers and
18-character codes alike, and one GIN index answers it.
"""

from __future__ import annotations

import re
import unicodedata
from operator import add
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, Value

_RUN = re.compile(r"\w+")
_LONGEST = 4000  # characters indexed per row; positions of a tsvector end at 16383
_PLACES = [f"':{number} " for number in range(2 * _LONGEST + 2)]


def folded(text: str) -> str:
    """Return text folded for comparison: full-width to half-width, lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


def vector_of(text: str) -> str:
    """Return the tsvector literal of a text: every bigram, and each run's last character alone, at its position.

    A gram that comes again is written again: PostgreSQL gathers its places, as many as a tsvector keeps.
    """
    parts: list[str] = []
    position = 1
    for run in _RUN.findall(folded(text)[:_LONGEST]):
        # Every work on a single gram is done some ten million times in a large import: here all is done by C.
        grams = [*map(add, run, run[1:]), run[-1]]
        parts += map(add, grams, _PLACES[position : position + len(run)])
        position += len(run) + 1
    return "'" + "'".join(parts) if parts else ""


def query_of(text: str) -> str:
    """Return the tsquery literal: all words, each as a phrase of adjacent bigrams; empty if nothing can be searched."""
    terms = []
    for run in _RUN.findall(folded(text)[:200]):
        if len(run) == 1:
            terms.append(f"'{run}':*")
        else:
            terms.append("(" + " <-> ".join(f"'{run[i : i + 2]}'" for i in range(len(run) - 1)) + ")")
    return " & ".join(terms)


def grams_of(text: str) -> list[str]:
    """Return the bigrams that stand in every row which the words of a text find."""
    runs = _RUN.findall(folded(text)[:200])
    return list(dict.fromkeys(run[i : i + 2] for run in runs for i in range(len(run) - 1)))


def any_query_of(text: str) -> str:
    """Return the tsquery literal that meets rows sharing any bigram with the text; empty if nothing can be searched."""
    grams = {run[i : i + 2] for run in _RUN.findall(folded(text)[:200]) for i in range(max(1, len(run) - 1))}
    return " | ".join(f"'{gram}'" for gram in sorted(grams))


class BigramField(models.Field[str, str]):
    """A column that is filled on every save from ``instance.words_to_find()``."""

    def __init__(self, **options: Any) -> None:
        """Take no text; the column is never edited."""
        options.update(null=True, editable=False)
        super().__init__(**options)

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        """Leave out the options that are always the same."""
        name, path, args, options = super().deconstruct()
        options.pop("null", None)
        options.pop("editable", None)
        return name, path, args, options

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the column type."""
        return "tsvector"

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Compute the bigrams from the row itself."""
        return vector_of(model_instance.words_to_find())  # type: ignore[attr-defined]

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        """Cast the literal."""
        return "%s::tsvector"


@BigramField.register_lookup
class Finds(models.Lookup[Any]):
    """``search__finds="消防"``: the row contains the words."""

    lookup_name = "finds"

    def get_prep_lookup(self) -> str:
        """Turn the words into a query."""
        return query_of(str(self.rhs))

    def get_db_prep_lookup(self, value: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Pass the query as text."""
        return "%s::tsquery", (value,)

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Compare by ``@@``."""
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}", (*left_params, *right_params)


@BigramField.register_lookup
class Holds(Finds):
    """``search__holds="消防"``: the same as ``finds``, looked for in the rows themselves and never in the index.

    For words so frequent that the next rows of an order hold them soon, where the index would name a hundred thousand rows; and
    for rows which the index has found by some of the words. As PostgreSQL cannot see into it, it does not take it for rare.
    """

    lookup_name = "holds"

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Compare by ``@@`` in a way that no index serves."""
        sql, params = super().as_sql(compiler, connection)
        return f"CASE WHEN {sql} THEN true ELSE false END", params


@BigramField.register_lookup
class HasGrams(Finds):
    """``search__grams=("消防", "通道")``: all of these bigrams stand in the row, wherever."""

    lookup_name = "grams"

    def get_prep_lookup(self) -> str:
        """Turn the bigrams into a query."""
        return " & ".join(f"'{gram}'" for gram in self.rhs)


@BigramField.register_lookup
class Shares(Finds):
    """``search__shares="测试机械"``: the row shares any two neighbouring characters with the words."""

    lookup_name = "shares"

    def get_prep_lookup(self) -> str:
        """Turn the words into a query."""
        return any_query_of(str(self.rhs))


def closeness(text: str) -> Func:
    """Return the expression by which rows that share characters with a text are ordered, the closest with the most."""
    return Func(
        F("search"),
        Value(any_query_of(text)),
        function="ts_rank",
        template="%(function)s(%(expressions)s::tsquery)",
        output_field=models.FloatField(),
    )
