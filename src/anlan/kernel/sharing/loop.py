"""The loop of a subscription: asked for, decided by the department the data belong to, valid until its day, or revoked."""

from __future__ import annotations

from dataclasses import dataclass

from anlan.kernel.loops.declaration import REASON, Loop, Opening, State, Step, document
from anlan.kernel.loops.due import date, overdue, rule
from anlan.kernel.loops.verbs import attach, comment, transfer
from anlan.kernel.scope.actor import Actor, ScopedRow
from anlan.kernel.scope.posts import OFFICERS
from anlan.kernel.scope.who import Who, post, regulator
from anlan.kernel.sharing import checks
from anlan.kernel.sharing.models import Subscription
from anlan.kernel.words import Words


@dataclass(frozen=True)
class _Officers(Who):
    """Officers of any government body: they ask for data beyond their own scope, which is what sharing is."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return actor.post_kind in OFFICERS and row.holder_id in actor.party_ids

    def kinds(self) -> frozenset[str]:
        return OFFICERS

    def words(self) -> Words:
        return Words("申请部门干部", "Officer of the body that asks")


receiver = post(*sorted(OFFICERS))


class SubscriptionLoop(
    Loop, of=Subscription, zh="数据订阅", en="Data subscriptions", serves=("A22.7",), part="safeguards",
    slug="data-subscriptions", prefix="GX",
):  # fmt: skip
    """Data shared between departments and systems, from the request to its last day."""

    asked = State(
        "待审批", "To be decided", awaits=regulator, due=rule("sharing.decide_within"), late=[overdue()]
    )
    active = State(
        "使用中", "In use", awaits=receiver, due=date("valid_until"), late=[overdue()], tone="open"
    )
    refused = State("未同意", "Refused", final=True)
    revoked = State("已停用", "Revoked", final=True)
    ended = State("已结束", "Ended", final=True, tone="done")

    opening = Opening(
        "申请数据", "Ask for data", asked, by=_Officers(),
        asks=["data_set", "territory", "receiver", "purpose", "fields", "channel", "frequency", "valid_until"],
        optional=["of_sector", "condition", "clear_fields"], check=checks.request_is_sound,
        help=Words("在数据目录中选好数据集和字段再申请，不用手写。",
                   "Choose data set and fields in the catalogue; nothing is written by hand."),
    )  # fmt: skip
    approve = Step(
        "同意共享", "Approve", asked, active, by=regulator, check=checks.approval_is_theirs, unlike=["opened"],
        needs=[document("agreement", "共享协议", "The agreement", required=False)], main=True,
    )  # fmt: skip
    refuse = Step("不同意", "Refuse", asked, refused, by=regulator, asks=[REASON], unlike=["opened"])
    give_up = Step("撤回申请", "Take the request back", asked, ended, by=receiver, asks=[REASON])
    revoke = Step("停用", "Revoke", active, revoked, by=regulator, asks=[REASON], dangerous=True)
    end = Step("结束使用", "End its use", active, ended, by=receiver, asks=[REASON])
    verbs = (transfer(by=regulator), comment(), attach())

    columns = ("number", "state", "holder", "channel", "valid_until", "opened_at")
    facets = ("state", "channel", "frequency", "of_sector", "territory", "valid_until")
    sorts = ("opened_at", "valid_until", "number")
    panels = (
        (Words("申请", "The request"), ("data_set", "receiver", "purpose", "holder")),
        (Words("范围", "What is given"), ("fields", "clear_fields", "territory", "of_sector", "condition")),
        (Words("使用", "How"), ("channel", "frequency", "valid_until", "token_at")),
    )
