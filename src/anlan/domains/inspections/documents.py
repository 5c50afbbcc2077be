"""The papers of a visit: its record, and the notice to rectify, from the one entry made on site.

An order to rectify within a time (责令限期整改) is issued by a department's officers; a grid inspector tells the enterprise
what to put right (整改告知) and the department follows. Who made the visit decides which of the two it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anlan.domains.inspections.grading import rectify_by
from anlan.domains.inspections.items import items_named
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.queries import dangers_of
from anlan.domains.inspections.words import ANSWERS, FINDING, PURPOSES
from anlan.kernel.documents import Document
from anlan.kernel.evidence import evidence_of
from anlan.kernel.scope.models import Post
from anlan.kernel.scope.posts import OFFICERS
from anlan.kernel.words import Words

ORDER = Words("责令限期整改指令书", "Order to rectify within a time")
ADVICE = Words("整改告知单", "Notice of what to rectify")
RECORD = Words("现场检查记录", "Record of the visit")
ORDER_OPENS = Words(
    "经查，你单位存在下列问题，现责令限期整改：",
    "On inspection the following was found; you are ordered to rectify:",
)
ADVICE_OPENS = Words("巡查发现你单位存在下列问题，须按期整改。网格员没有行政处罚权，逾期由监管部门处理：",
                     "On patrol the following was found; rectify it in time. The grid inspector imposes no penalty; "
                     "the regulator follows what is late:")  # fmt: skip


def post_of(visit: SiteVisit) -> Post | None:
    """Return the post in which the visit was made."""
    if visit.opened_by_post is None:
        return None
    return Post.objects.filter(pk=visit.opened_by_post).select_related("party").first()


def may_order(visit: SiteVisit) -> bool:
    """Say whether whoever made the visit may issue an order: an officer of a department."""
    post = post_of(visit)
    return post is not None and post.kind in OFFICERS


def notice_words(visit: SiteVisit) -> Words:
    """Return what the notice is called."""
    return ORDER if may_order(visit) else ADVICE


def _lines(visit: SiteVisit) -> list[dict[str, Any]]:
    """Return the sheet as the papers show it, item by item, with clause, rectification and deadline of findings."""
    dangers, found = dangers_of(visit), []
    known = items_named([one["item"] for one in visit.answers], visit.enterprise_id)
    for one in visit.answers:
        item = known.get(one["item"])
        if item is None:
            continue
        danger = dangers.get(one["item"])
        is_wrong = one["answer"] == FINDING
        found.append({
            "item": item,
            "answer": ANSWERS[one["answer"]],
            "is_wrong": is_wrong,
            "is_fixed": bool(one.get("fixed")),
            "note": one.get("note", ""),
            "danger": danger,
            "by": (danger and danger.rectify_by) or (rectify_by(one, item, visit.opened_at) if is_wrong else None),
        })  # fmt: skip
    return found


def _gives(visit: SiteVisit) -> Mapping[str, Any]:
    lines, post = _lines(visit), post_of(visit)
    signed = [link for link in evidence_of(visit.pk) if link.purpose == "signature"]
    return {
        "visit": visit,
        "lines": lines,
        "wrong": [line for line in lines if line["is_wrong"] and not line["is_fixed"]],
        "post": post,
        "purposes": PURPOSES,
        "signatures": sorted(
            signed, key=lambda link: link.evidence.name, reverse=True
        ),  # the inspector first
        "opens": ORDER_OPENS if may_order(visit) else ADVICE_OPENS,
    }


Document(
    of="site-visits", key="record", words=lambda visit: RECORD, template="site-visits/record_paper.html",
    when=lambda visit: bool(visit.answers or visit.summary), gives=_gives,
)  # fmt: skip
Document(
    of="site-visits", key="notice", words=notice_words, template="site-visits/notice_paper.html",
    when=lambda visit: bool(visit.left_to_rectify()), gives=_gives,
)  # fmt: skip
