"""The three persons who answer for an installation by name (包保责任人), and what they note they did. Serves articles 5 and 14.

A periodic duty (a check every week, every quarter) has its next day on the person's row, so that lateness is a filter of the list
and a fact of the enterprise's colour. How often comes from ``installations.layer_duties``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.domains.enterprises.within import KEEPERS, WithinEnterprise
from anlan.domains.installations.duties import duty_choices, duty_named, period_of
from anlan.domains.installations.models.as_noted import day_faults, must_be_of_today
from anlan.domains.installations.models.installation import Installation
from anlan.domains.installations.words import LAYERS
from anlan.kernel import clock
from anlan.kernel.registers import Kept, described
from anlan.kernel.registers.declaration import Section
from anlan.kernel.registers.naming import NamedFilter
from anlan.kernel.registers.record import counted_index
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Post
from anlan.kernel.scope.who import post
from anlan.kernel.words import Words

SERVES = ("A5.1", "A14.8")
# Whoever fills a post of the enterprise notes what was done; the rows stay with the enterprise.
DOERS = post("main_person", "safety_officer", "worker")


class HazardKeeper(WithinEnterprise):
    """One person of one layer for one installation. The name is shown at the gate by law, so it is no private matter."""

    searched = ("person_name", "installation", "enterprise")
    parent = "installation"

    installation = models.ForeignKey(
        Installation, models.PROTECT, related_name="keepers", verbose_name=Words("重大危险源", "Installation")
    )
    layer = models.CharField(Words("层级", "Layer"), max_length=12, choices=LAYERS)
    person_name = models.CharField(Words("姓名", "Name"), max_length=60)
    job_title = models.CharField(Words("职务", "Position"), max_length=60, blank=True, default="")
    duty_phone = models.CharField(
        Words("值班电话", "Duty telephone"), max_length=40,
        help_text=Words("公示牌上的电话，不填个人手机号", "The number on the notice board, no personal one"),
    )  # fmt: skip
    filled_by = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=Words("对应的平台岗位", "Post of the platform"),
    )  # fmt: skip
    since = models.DateField(Words("任职日期", "Since"))
    duty_due_on = models.DateField(
        Words("下次定期履职", "Next periodic duty by"), null=True, blank=True, editable=False
    )

    kept: ClassVar[Kept] = Kept(
        slug="hazard-keepers",
        words=Words("包保责任人", "Persons in charge of installations"),
        part="responsibility",
        serves=SERVES,
        heading="person_name",
        columns=("person_name", "layer", "installation", "job_title", "duty_phone", "duty_due_on", "enterprise"),
        facets=("layer", "territory", "sector", "is_demo"),
        sorts=("person_name", "duty_due_on", "updated_at", "created_at"),
        order="person_name",
        asks=("installation", "layer", "person_name", "job_title", "duty_phone", "filled_by", "since"),
        writers=KEEPERS,
        panels=(
            (Words("责任人", "The person"),
             ("installation", "layer", "person_name", "job_title", "duty_phone", "filled_by", "since")),
            (Words("履职", "Duties"), ("duty_due_on", "enterprise")),
        ),
    )  # fmt: skip

    class Meta(WithinEnterprise.Meta):
        verbose_name = "person in charge of an installation"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["installation", "layer"], condition=Q(archived_at=None), name="one_keeper_a_layer"
            )
        ]

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return the filter of the list that is no column: a periodic duty not done in time."""
        return (
            *super().filters(),
            NamedFilter("duty_late", Words("逾期未履职", "Duty not done in time"), duty_late, moves=True),
        )

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: a post of another enterprise, a beginning in the future."""
        found = super().faults()
        if self.filled_by is not None and self.filled_by.party_id != self.holder_id:
            found["filled_by"] = [Words("应为本企业的岗位。", "It must be a post of this enterprise.")]
        if self.since is not None and self.since > clock.today():
            found["since"] = [Words("不能晚于今天。", "It cannot lie in the future.")]
        return found

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Count the first periodic duty from the day of taking up the post."""
        period = period_of(self.layer, clock.today())
        if period is None:
            self.duty_due_on = None
        elif self.duty_due_on is None:
            self.duty_due_on = max(self.since, clock.today()) + timedelta(days=period)

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return what the person must do and how often, and what was noted."""
        from anlan.domains.installations.sections import of_keeper

        return of_keeper(self, actor)


def duty_late() -> Q:
    """Return the condition for persons whose periodic duty is past its day."""
    return Q(duty_due_on__lt=clock.today())


class DutyRecord(WithinEnterprise):
    """What a person in charge did: which duty, when, what was found. Kept as it was noted."""

    searched = ("keeper", "findings", "enterprise")
    parent = "keeper"

    keeper = models.ForeignKey(
        HazardKeeper, models.PROTECT, related_name="records", verbose_name=Words("责任人", "Person in charge")
    )
    installation = models.ForeignKey(
        Installation,
        models.PROTECT,
        related_name="+",
        verbose_name=Words("重大危险源", "Installation"),
        editable=False,
    )
    layer = models.CharField(Words("层级", "Layer"), max_length=12, choices=LAYERS, editable=False)
    duty = described(models.CharField(Words("职责", "Duty"), max_length=24), choices=duty_choices())
    done_on = models.DateField(Words("履职日期", "Done on"))
    findings = models.TextField(
        Words("做了什么、发现什么", "What was done and found"), max_length=2000,
        help_text=Words("查出隐患的，另在“隐患整改”登记", "Register a danger found under hidden dangers as well"),
    )  # fmt: skip
    on_time = models.BooleanField(Words("按期", "In time"), default=True, editable=False)

    kept: ClassVar[Kept] = Kept(
        slug="duty-records",
        words=Words("包保履职记录", "Duty records"),
        part="responsibility",
        serves=SERVES,
        heading="findings",
        columns=("findings", "duty", "layer", "keeper", "done_on", "on_time", "installation", "enterprise"),
        facets=("layer", "duty", "on_time", "done_on", "territory", "sector", "is_demo"),
        sorts=("done_on", "created_at"),
        order="-done_on",
        asks=("keeper", "duty", "done_on", "findings"),
        writers=DOERS,
        panels=(
            (Words("履职", "The duty"), ("keeper", "layer", "installation", "duty", "done_on", "on_time")),
            (Words("情况", "What was done"), ("findings", "enterprise")),
        ),
    )

    class Meta(WithinEnterprise.Meta):
        verbose_name = "duty record"
        indexes: ClassVar[list[models.Index]] = [
            *WithinEnterprise.Meta.indexes,
            counted_index("done_on"),
            models.Index(fields=["keeper", "-done_on"], name="dutyrecord_of"),
        ]

    def __str__(self) -> str:
        known = duty_named(self.duty, self.done_on)
        return f"{self.done_on:%Y-%m-%d} {known.words if known else self.duty}"

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Take installation and layer from the person."""
        super().prepare(actor, at)
        self._take()

    def _take(self) -> None:
        self.installation_id, self.layer = self.keeper.installation_id, self.keeper.layer

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: a duty of another layer, a day of the future."""
        found = super().faults()
        known = duty_named(self.duty, self.done_on) if self.done_on else None
        if known is not None and known.layer != self.keeper.layer:
            layer = dict(LAYERS)[self.keeper.layer]
            words = Words("不是{layer}的职责。", "Not a duty of the {layer}.")
            found["duty"] = [words.filled(layer=layer)]
        if self._state.adding and day_faults(self.done_on):
            found["done_on"] = day_faults(self.done_on)
        return found

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Note whether a periodic duty came in time; refuse to change it after its day."""
        if not is_new:
            must_be_of_today(self.created_at)
        self._take()
        known = duty_named(self.duty, self.done_on)
        if is_new and known is not None and known.every_days:
            due = self.keeper.duty_due_on
            self.on_time = due is None or self.done_on <= due

    def after_write(self, actor: Actor) -> None:
        """Move the next periodic duty of the person."""
        from anlan.domains.installations.duties import move_on

        move_on(self.keeper_id)

    @classmethod
    def references(cls) -> list[str]:
        """Return the columns that name other rows within the enterprise; the installation follows from the person."""
        return ["keeper"]
