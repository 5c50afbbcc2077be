"""Many new enterprises column by column: what the register says of one, said of each where it is plain.

A plain enterprise has a sound credit code and no foreign number, a listed industry and both halves of its point or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anlan.domains.enterprises import industries, rules
from anlan.domains.enterprises.models import sector_at
from anlan.kernel.copying import LinesLike, column_text, new_row
from anlan.kernel.ids import new_ids
from anlan.kernel.registers.declaration import Settled
from anlan.kernel.scope.models import Party

Values = Mapping[str, list[Any]]
_OF_THE_ROW = ("name", "sector", "territory_id", "path")  # what the party of an enterprise shares with it


def settled(values: Values, *, is_demo: bool) -> Settled:
    """Return the columns that follow from those of the form, which rows are not plain, and the parties of the rest."""
    codes = [_tidy_code(code) for code in values["credit_code"]]
    known = {code: _sound_industry(code) for code in set(values["industry"])}
    coded = [known[code] for code in values["industry"]]
    points = zip(values["longitude"], values["latitude"], strict=True)
    is_abroad = [
        bool(one or other) for one, other in zip(values["foreign_id"], values["foreign_issuer"], strict=True)
    ]
    unusual = [
        not code
        or not industry
        or abroad
        or (lng is None) != (lat is None)
        or bool(rules.credit_code_fault(code))
        for code, industry, abroad, (lng, lat) in zip(codes, coded, is_abroad, points, strict=True)
    ]
    sectors = [
        sector_at(place, industry) if industry else ""
        for place, industry in zip(values["territory"], coded, strict=True)
    ]
    columns: dict[str, list[Any]] = {
        "credit_code": codes, "industry": coded, "sector": sectors, "foreign_id": [None] * len(codes),
        "foreign_issuer": [""] * len(codes), "holder_id": new_ids(len(codes)),
    }  # fmt: skip
    return Settled(columns, unusual, lambda told: [(Party, _parties(told, is_demo=is_demo))])


def _tidy_code(code: str | None) -> str:
    text = code or ""
    return text if text.isascii() and text.isalnum() and text.isupper() else rules.tidy_credit_code(text)


def _sound_industry(text: str) -> str:
    """Return a code of the industry as it is stored; empty for one that is refused."""
    code = industries.tidy_industry_code(text)
    return code if rules.is_industry_code(code) and industries.is_industry(code) else ""


def _parties(told: Values, *, is_demo: bool) -> bytes:
    party = new_row(Party, {"kind": "enterprise", "is_demo": is_demo})
    places = told["territory"]
    texts: dict[str, list[str]] = {
        "id": told["holder_id"], "territory_id": [str(place.pk) for place in places],
        "path": [place.path for place in places], "name": [column_text(name) for name in told["name"]], "sector": told["sector"],
    }  # fmt: skip
    return LinesLike(party, ["id", *_OF_THE_ROW]).lines(texts)
