"""The daily commitment to safety (安全承诺公告) of an enterprise with hazardous chemicals. Serves articles 5 and 14.

What is announced is public by its purpose: it hangs at the gate and stands on an open page. It is kept as it was announced.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from anlan.domains.enterprises.within import WithinEnterprise
from anlan.domains.installations.models.as_noted import day_faults, is_late, must_be_of_today
from anlan.kernel.registers import Kept, described
from anlan.kernel.registers.declaration import Section
from anlan.kernel.registers.record import counted_index
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.who import post
from anlan.kernel.words import Words

TIMES = Words("处", "places")
COUNTS = (
    "units_running", "units_stopped", "hot_work_special", "hot_work_first", "hot_work_second", "confined_spaces", "other_work",
)  # fmt: skip
SIGNERS = post("main_person", "safety_officer")


def _count(zh: str, en: str) -> Any:
    return described(models.PositiveSmallIntegerField(Words(zh, en), default=0), unit=TIMES)


class SafetyCommitment(WithinEnterprise):
    """One day's announcement: what runs, what special work is done, whether risks are under control, who promises it."""

    searched = ("signed_by", "enterprise", "risk_notes")

    day = models.DateField(Words("公告日期", "Day"))
    units_running = _count("生产装置运行", "Units running")
    units_stopped = _count("生产装置停产", "Units stopped")
    hot_work_special = _count("特级动火作业", "Hot work, special")
    hot_work_first = _count("一级动火作业", "Hot work, first class")
    hot_work_second = _count("二级动火作业", "Hot work, second class")
    confined_spaces = _count("受限空间作业", "Work in confined spaces")
    other_work = _count("其他特殊作业", "Other special work")
    in_trial = models.BooleanField(Words("处于试生产", "In trial production"), default=False)
    starting_or_stopping = models.BooleanField(
        Words("处于开停车", "Starting up or shutting down"), default=False
    )
    hazards_safe = models.BooleanField(
        Words("重大危险源处于安全状态", "Major hazard installations are safe"), default=True
    )
    measures_done = models.BooleanField(
        Words("风险管控措施已落实", "Measures of control are carried out"), default=True
    )
    risk_notes = models.TextField(
        Words("风险研判说明", "What the risk assessment of the day says"),
        max_length=1000,
        blank=True,
        default="",
    )
    signed_by = models.CharField(Words("承诺人（主要负责人）", "Promised by (main person)"), max_length=60)

    kept: ClassVar[Kept] = Kept(
        slug="safety-commitments",
        words=Words("安全承诺公告", "Commitments to safety"),
        part="prevention",
        serves=("A5.1", "A14.8"),
        heading="signed_by",
        columns=("signed_by", "day", "enterprise", "units_running", "hazards_safe", "measures_done", "created_at"),
        facets=("day", "hazards_safe", "measures_done", "in_trial", "starting_or_stopping", "territory", "sector", "is_demo"),
        sorts=("day", "created_at"),
        order="-day",
        asks=(
            "enterprise", "day", "units_running", "units_stopped", "hot_work_special", "hot_work_first", "hot_work_second",
            "confined_spaces", "other_work", "in_trial", "starting_or_stopping", "hazards_safe", "measures_done", "risk_notes",
            "signed_by",
        ),
        writers=SIGNERS,
        panels=(
            (Words("今日状态", "State of the day"),
             ("day", "units_running", "units_stopped", "in_trial", "starting_or_stopping", "hazards_safe", "measures_done")),
            (Words("特殊作业", "Special work"),
             ("hot_work_special", "hot_work_first", "hot_work_second", "confined_spaces", "other_work")),
            (Words("承诺", "The promise"), ("risk_notes", "signed_by", "enterprise")),
        ),
    )  # fmt: skip

    class Meta(WithinEnterprise.Meta):
        verbose_name = "commitment to safety"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["enterprise", "day"], condition=Q(archived_at=None), name="one_commitment_a_day"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [*WithinEnterprise.Meta.indexes, counted_index("day")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.enterprise.name}"

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: a day of the future, a promise where something is not safe and nothing is said."""
        found = super().faults()
        if self._state.adding and day_faults(self.day):
            found["day"] = day_faults(self.day)
        if not (self.hazards_safe and self.measures_done) and not self.risk_notes.strip():
            found["risk_notes"] = [
                Words(
                    "有未受控的，写明情况和措施。",
                    "Something is not under control: say what and what is done.",
                )
            ]
        return found

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Read a number left out as none; refuse to change what was announced after its day."""
        if not is_new:
            must_be_of_today(self.created_at)
        for name in COUNTS:
            if getattr(self, name) is None:
                setattr(self, name, 0)

    @property
    def is_late(self) -> bool:
        """Say whether it was announced later than the day it tells of."""
        return is_late(self.created_at, self.day)

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return the line as it is announced, with the address of the open page."""
        from anlan.domains.installations.sections import of_commitment

        return of_commitment(self, actor)
