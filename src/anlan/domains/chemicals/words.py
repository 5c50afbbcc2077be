"""Substances in the words of forms and pages."""

from __future__ import annotations

from anlan.domains.chemicals.catalogue import substances
from anlan.kernel.words import Words


def suggestions() -> tuple[tuple[str, Words], ...]:
    """Return what a field for a chemical offers: each substance by its Chinese name, with its English name and CAS number."""
    return tuple(
        (
            one.name_zh,
            Words(
                f"{one.name_en}　{' '.join(one.cas)}".strip(), f"{one.name_en} {' '.join(one.cas)}".strip()
            ),
        )
        for one in substances()
    )
