"""The demonstration's risk registers: begun from a template by the enterprise's own people, graded, confirmed at the shift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction

from anlan.domains.enterprises.demo import person_name
from anlan.domains.risk import models as risk
from anlan.domains.risk.actions import confirm
from anlan.domains.risk.demo import CONFIRMED_DAYS, Register, registers, residual_of
from anlan.domains.risk.loop import RiskGradingLoop
from anlan.domains.risk.rows import enter
from anlan.domains.risk.words import RESIDUAL
from anlan.kernel import clock
from anlan.kernel.loops import open_matter, take
from anlan.kernel.registers import create, edit
from anlan.site.demo_people import Cast
from anlan.site.demo_year import Firm


def keep_risks(seed: int, cast: Cast, firms: Sequence[Firm], *, each: int) -> int:
    """Let some enterprises keep their risks; returns how many."""
    random = Random(f"{seed}/risks")  # noqa: S311 (a demonstration, not a secret)
    staffed = [firm for firm in firms if {"main_person", "safety_officer", "worker"} <= set(firm.posts)]
    industries, scales = [firm.row.industry for firm in staffed], [firm.row.scale for firm in staffed]
    chosen = registers(random, industries, scales, each=each)
    for number, one in enumerate(chosen):
        with transaction.atomic():
            _Keeping(random, cast, staffed[one.firm], number).all(one)
    return len(chosen)


class _Keeping:
    """One enterprise's people at work on their register."""

    def __init__(self, random: Random, cast: Cast, firm: Firm, number: int) -> None:
        self.random, self.firm, self.number = random, firm, number
        self.officer = cast.actor(firm.posts["safety_officer"])
        self.owner = cast.actor(firm.posts["main_person"])
        self.worker = cast.actor(firm.posts["worker"])

    def all(self, register: Register) -> None:
        """Begin from the template, name the structure, grade, confirm."""
        enter(self.officer, self.firm.row, register.trade.rows(clock.today()), posts=register.trade.posts())
        self._structure()
        for grading in self._of(risk.RiskGrading).filter(closed_at=None).order_by("opened_at"):
            if self.random.random() < register.approved:
                self._approve(grading)
        if register.has_residual:
            self._residual()
        self._confirm()

    def _of(self, model: Any) -> Any:
        return model.unscoped("demonstration rows follow their own enterprise").filter(
            enterprise=self.firm.row
        )

    def _structure(self) -> None:
        firm, of = self.firm, {"enterprise": str(self.firm.row.pk)}
        phone = f"0431-000{self.number:05d}"  # a range no exchange gives out
        top = create(risk.Division, self.officer, {
            **of, "name": firm.row.name[:80], "kind": "company", "duty_phone": phone,
            "head_name": firm.row.legal_representative,
        })  # fmt: skip
        team = create(risk.Division, self.officer, {
            **of, "name": "生产班组", "kind": "team", "above": str(top.pk), "head_name": person_name(self.random),
        })  # fmt: skip
        posts = list(self._of(risk.WorkPost).order_by("name"))
        keeper = next(
            (post for post in posts if post.name in ("安全员", "项目安全员", "店长", "站长", "仓库主管")),
            posts[-1],
        )
        worker = next(post for post in posts if post.pk != keeper.pk)
        filled = {keeper.pk: firm.posts["safety_officer"], worker.pk: firm.posts["worker"]}
        for post in posts:
            answers = {
                "division": str((top if post.pk == keeper.pk else team).pk),
                "person_name": person_name(self.random),
            }
            if post.pk in filled:
                answers["filled_by"] = str(filled[post.pk].pk)
            edit(risk.WorkPost, post.pk, self.officer, answers)
        edit(risk.Division, team.pk, self.officer, {"head": str(worker.pk)})

    def _approve(self, grading: Any) -> None:
        take("review", grading, self.worker)
        take(
            "approve",
            risk.RiskGrading.unscoped("demonstration rows follow their own enterprise").get(pk=grading.pk),
            self.owner,
        )

    def _residual(self) -> None:
        graded = self._of(risk.RiskGrading).filter(state="approved", method="lec").order_by("opened_at")
        for first in list(graded)[:3]:
            scores = residual_of({name: getattr(first, name) for name in ("lec_l", "lec_e", "lec_c")})
            asked = {
                "event": str(first.event_id), "stage": RESIDUAL, "method": "lec", "grounds": "措施落实后复评", **scores,
            }  # fmt: skip
            entry = open_matter(RiskGradingLoop, self.officer, asked)
            self._approve(
                risk.RiskGrading.unscoped("demonstration rows follow their own enterprise").get(
                    pk=entry.chain
                )
            )

    def _confirm(self) -> None:
        """Let workers confirm at the beginning of the last days' shifts, up to now."""
        now = clock.now()
        for back in range(CONFIRMED_DAYS, 0, -1):
            morning = datetime.combine(
                (now - timedelta(days=back)).astimezone(clock.CHINA).date(), time(7, 50), clock.CHINA
            )
            with clock.travel(morning):
                for post in self._of(risk.WorkPost).exclude(person_name="").order_by("name")[:2]:
                    confirm(post.card_token, post.person_name, "day")
