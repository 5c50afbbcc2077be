"""Why an enterprise bears its colour, in sentences: from what is kept with the colour, so that the past is told as it was."""

from __future__ import annotations

from typing import Any

from anlan.domains.colours.facts import fact_named
from anlan.domains.colours.rules import Area
from anlan.domains.colours.words import GREY, colour_words
from anlan.kernel.words import Words

TURNED = Words("由{former}变{now}", "From {former} to {now}")
STAYED = Words("颜色仍为{now}，依据有变化", "Still {now}; the reasons changed")
FIRST = Words("首次计算为{now}", "First computed as {now}")
UNGRADED = Words("还没有批准的风险评级，不着色", "No approved grading yet, so no colour of its own")
ALONE = Words("固有风险为{inherent}", "The inherent risk is {inherent}")
LOWERED = Words(
    "固有风险为{inherent}，采取措施后按{base}计",
    "The inherent risk is {inherent}; after controls it counts as {base}",
)
RAISED = Words("{kind} {n} 项，升 {steps} 档", "{kind}: {n}, raised by {steps}")
HELD = Words("{kind} {n} 项，不低于{colour}", "{kind}: {n}, {colour} at least")
TOLD = Words("{kind} {n} 项", "{kind}: {n}")


def turn_of(row: Any) -> Words:
    """Return what changed with this row: from which colour to which."""
    now = colour_words(row.risk_level)
    if row.former_level is None:
        return FIRST.filled(now=now)
    if row.former_level == row.risk_level:
        return STAYED.filled(now=now)
    return TURNED.filled(former=colour_words(row.former_level), now=now)


def sentences(row: Any) -> list[Words]:
    """Return the reasons of a colour, the risks first, then every fact."""
    told = row.told
    return [turn_of(row), base_words(told), *(fact_words(fact) for fact in told.get("facts", ()))]


def base_words(told: dict[str, Any]) -> Words:
    """Return what the risks alone say."""
    inherent, base = told.get("inherent", GREY), told.get("base", GREY)
    if inherent == GREY:
        return UNGRADED
    if inherent == base:
        return ALONE.filled(inherent=colour_words(inherent))
    return LOWERED.filled(inherent=colour_words(inherent), base=colour_words(base))


def fact_words(fact: dict[str, Any]) -> Words:
    """Return what one kind of fact did."""
    kind = fact_named(fact["kind"])
    name = kind.words if kind else Words(fact["kind"], fact["kind"].replace("_", " "))
    if fact["at_least"]:
        return HELD.filled(kind=name, n=fact["n"], colour=colour_words(fact["at_least"]))
    if fact["raises"]:
        return RAISED.filled(kind=name, n=fact["n"], steps=fact["raises"])
    return TOLD.filled(kind=name, n=fact["n"])


AREA = Words(
    "这里已评级 {graded} 家，达到或高于{colour}的 {counted} 家，占 {share}%，按规则取{colour}",
    "Of {graded} graded here, {counted} are {colour} or graver, {share}%: by the rule {colour}",
)
AREA_FEW = Words(
    "这里已评级 {graded} 家，家数少，直接取最高颜色{colour}",
    "Only {graded} graded here: the gravest colour is taken, {colour}",
)
AREA_NONE = Words("这里还没有已评级的企业", "Nothing is graded here yet")


def area_words(area: Area) -> Words:
    """Return why an area bears its colour."""
    if area.graded == 0:
        return AREA_NONE
    colour = colour_words(area.level)
    if area.is_few:
        return AREA_FEW.filled(graded=area.graded, colour=colour)
    share = round(area.counted * 100 / area.graded)
    return AREA.filled(graded=area.graded, counted=area.counted, share=share, colour=colour)
