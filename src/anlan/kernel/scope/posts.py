"""Kinds of posts (岗位) and what each may reach.

A kind says how far a post sees (its territory or only its own party), whether all sectors or only those of its
department, whether it may act, and up to which sensitivity. Grants are made from it; nobody grants row by row.
"""

from __future__ import annotations

from dataclasses import dataclass

from anlan.kernel.scope.actor import INTERNAL, PERSONAL
from anlan.kernel.words import Words


@dataclass(frozen=True, slots=True)
class PostKind:
    """One kind of post: its words and its reach."""

    key: str
    words: Words
    by_territory: bool
    all_sectors: bool = False
    acts: bool = False
    ceiling: int = INTERNAL
    needs_second_factor: bool = False


def _officer(key: str, zh: str, en: str, *, all_sectors: bool, second: bool = True) -> PostKind:
    return PostKind(
        key, Words(zh, en), True, all_sectors, acts=True, ceiling=PERSONAL, needs_second_factor=second
    )


def _leader(key: str, zh: str, en: str) -> PostKind:
    return PostKind(key, Words(zh, en), True, all_sectors=True, ceiling=INTERNAL, needs_second_factor=True)


def _own(key: str, zh: str, en: str) -> PostKind:
    return PostKind(key, Words(zh, en), by_territory=False)


POST_KINDS: dict[str, PostKind] = {
    kind.key: kind
    for kind in (
        _leader("province_officer", "省级监管干部", "Officer of the province"),
        _leader("city_leader", "市领导", "City leader"),
        _officer("city_officer", "市应急管理局干部", "City emergency bureau officer", all_sectors=True),
        _leader("county_leader", "县（市、区）领导", "County leader"),
        _officer("county_officer", "县级应急管理局干部", "County emergency bureau officer", all_sectors=True),
        _officer("industry_officer", "行业主管部门干部", "Industry department officer", all_sectors=False),
        _officer("township_officer", "乡镇（街道）安监干部", "Township officer", all_sectors=True),
        _officer("grid_inspector", "网格员", "Grid inspector", all_sectors=True, second=False),
        _own("main_person", "企业主要负责人", "Main person of the enterprise"),
        _own("safety_officer", "企业安全管理人员", "Enterprise safety officer"),
        _own("worker", "从业人员", "Worker"),
        _own("institution_expert", "服务机构专家", "Institution expert"),
        _own("insurer", "承保机构人员", "Insurer"),
        PostKind("administrator", Words("平台管理员", "Administrator"), False, needs_second_factor=True),
    )
}

# Officers who may be the regulator of a matter, by the level of their party.
OFFICERS = frozenset({"city_officer", "county_officer", "industry_officer", "township_officer"})
INSPECTORS = OFFICERS | {"grid_inspector"}
ENTERPRISE_POSTS = frozenset({"main_person", "safety_officer", "worker"})


def post_kind_choices() -> list[tuple[str, Words]]:
    """Return the kinds as choices for a model field."""
    return [(kind.key, kind.words) for kind in POST_KINDS.values()]
