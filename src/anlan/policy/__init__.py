"""The policy catalogue: the atomic requirements of the 30 articles of 2017, by which declarations say what they serve.

``clauses.yaml`` holds own-word paraphrases of the Implementation Opinions of 2017-11-22, one row a requirement
(``A15.13``). It names what must be realised; the names of what realises it come from the declarations.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def clauses() -> dict[str, dict[str, Any]]:
    """Return every requirement by its id, such as ``A15.13``."""
    with Path(__file__).with_name("clauses.yaml").open(encoding="utf-8") as file:
        read = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    return {row["id"]: row for row in read["requirements"]}


def is_clause(name: str) -> bool:
    """Say whether a name is a requirement (``A15.13``) or a whole article (``A15``)."""
    return name in clauses() or any(key.split(".")[0] == name for key in clauses())
