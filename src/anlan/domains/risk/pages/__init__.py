"""Pages of the risk domain that cannot be derived: the tree of an enterprise, worksheets, gradings, prints, cards, outputs."""

from __future__ import annotations

from anlan.domains.risk.pages.card import post_card
from anlan.domains.risk.pages.grade import grade
from anlan.domains.risk.pages.mine import my_measures
from anlan.domains.risk.pages.outputs import outputs
from anlan.domains.risk.pages.prints import board, card, control_list
from anlan.domains.risk.pages.tree import bring, risks, start, tree
from anlan.domains.risk.pages.worksheet import worksheet
from anlan.kernel.registers.pages import DomainPage, OpenPage, OwnPage
from anlan.kernel.scope.posts import ENTERPRISE_POSTS
from anlan.kernel.words import Words

pages = (
    OwnPage(
        slug="risks", words=Words("风险分级管控", "Risks under control"), part="prevention", serves=("A15.1", "A15.6", "A14.1"),
        icon="shield-check", answer=risks, is_for=lambda actor: bool(actor.grants) or actor.post_kind in ENTERPRISE_POSTS,
    ),
    OwnPage(
        slug="my-measures", words=Words("我的管控措施", "My measures"), part="prevention", serves=("A15.6", "A5.5"),
        icon="checklist", answer=my_measures, is_for=lambda actor: actor.post_kind in ENTERPRISE_POSTS,
    ),
    OwnPage(
        slug="risks/outputs", words=Words("双重预防成果", "Outputs of dual prevention"), part="prevention",
        serves=("A15.1", "A14.1"), icon="clipboard-list", answer=outputs, is_for=lambda actor: bool(actor.grants),
    ),
    DomainPage("enterprises", "risks", tree),
    DomainPage("enterprises", "risk-start", start),
    DomainPage("enterprises", "risk-import", bring),
    DomainPage("enterprises", "risk-board", board),
    DomainPage("enterprises", "control-list", control_list),
    DomainPage("risk-units", "worksheet", worksheet),
    DomainPage("risk-events", "grade", grade),
    DomainPage("work-posts", "card", card),
    OpenPage("post-card", post_card),
)  # fmt: skip
