"""How far the policy is realised, as figures like any other: counted from the declarations, opened at the page of the policy."""

from __future__ import annotations

from anlan.kernel.indicators.declaration import DOWN, NEITHER, PER_CENT, UP, Indicator
from anlan.kernel.indicators.declared import DeclaredList, keeps_declared
from anlan.kernel.indicators.formulas import Declared, Params, Ratio, Rows
from anlan.kernel.words import Words
from anlan.policy.coverage import STATES, standings

POLICY = "policy"
REQUIREMENTS = Words("项", "requirements")
NEEDS_SOFTWARE = tuple(state for state in STATES if state != "none")
SAME_EVERYWHERE = Words(
    "按产品自身的声明数出来，各地、各时段相同；不需要软件的要求不计入比率。",
    "Counted from the product's own declarations, the same in every place and period; requirements that need no software are "
    "left out of the rate.",
)  # fmt: skip


def _count(params: Params) -> int:
    """Return how many requirements stand in any of the states; all of them where none is named."""
    wanted = set(params.get("state", STATES))
    return sum(one.state in wanted for one in standings().values())


keeps_declared(
    DeclaredList(
        POLICY,
        Words("政策要求", "Requirements of the policy"),
        "public:policy",
        {"state": (Words("状态", "State"), STATES)},
        _count,
    )
)


def _standing(*states: str) -> Declared:
    return Declared(Rows(POLICY, {"state": states}))


policy_realised = Indicator(
    "policy-realised", Words("政策要求落实率", "Policy requirements realised"), PER_CENT,
    Ratio(_standing("realised"), _standing(*NEEDS_SOFTWARE)), serves="A1.2", good=UP, about=SAME_EVERYWHERE,
)  # fmt: skip
policy_partly = Indicator(
    "policy-partly", Words("部分落实的政策要求", "Policy requirements partly realised"), REQUIREMENTS,
    _standing("partly"), serves="A1.2", good=DOWN, about=SAME_EVERYWHERE,
)  # fmt: skip
policy_not_yet = Indicator(
    "policy-not-yet", Words("尚未落实的政策要求", "Policy requirements not yet realised"), REQUIREMENTS,
    _standing("not_yet"), serves="A1.2", good=DOWN, about=SAME_EVERYWHERE,
)  # fmt: skip
policy_no_software = Indicator(
    "policy-no-software", Words("不需要软件的政策要求", "Policy requirements that need no software"), REQUIREMENTS,
    _standing("none"), serves="A1.2", good=NEITHER, about=SAME_EVERYWHERE,
)  # fmt: skip
