"""What is wrong with an input, told field by field in two languages: the one shape of refusal at every door."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one field."""

    field: str
    code: str
    message_zh: str
    message_en: str

    def as_json(self) -> dict[str, str]:
        """Return the fault as every door shows it."""
        return {
            "field": self.field,
            "code": self.code,
            "message_zh": self.message_zh,
            "message_en": self.message_en,
        }


class InputErrors(ValueError):
    """Input that cannot be computed with; carries every fault found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{f.field}: {f.message_en}" for f in self.faults))

    @classmethod
    def one(cls, field: str, code: str, message_zh: str, message_en: str) -> InputErrors:
        """Make the error of a single fault."""
        return cls([Fault(field, code, message_zh, message_en)])

    def as_json(self) -> dict[str, list[dict[str, str]]]:
        """Return ``{"errors": […]}`` as the contract of the calculators wants it."""
        return {"errors": [fault.as_json() for fault in self.faults]}
