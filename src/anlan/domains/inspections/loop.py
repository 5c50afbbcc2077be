"""The loop of a site visit: recorded, followed until its findings are put right, concluded. Serves articles 9, 15 and 22."""

from __future__ import annotations

from anlan.domains.inspections.effects import fill_from_phone, looks_at_its_own
from anlan.domains.inspections.models import SiteVisit
from anlan.kernel.loops.declaration import Loop, Opening, State, Step, photo
from anlan.kernel.loops.due import date, overdue, remind
from anlan.kernel.loops.verbs import attach, comment
from anlan.kernel.scope.who import inspector
from anlan.kernel.words import Words

PROOF = photo("proof", "现场照片", "Photo of the site", required=False)


class SiteVisitLoop(
    Loop, of=SiteVisit, zh="现场检查", en="Site visits", serves=("A9.9", "A15", "A22.6"), part="prevention",
    slug="site-visits", prefix="XC",
):  # fmt: skip
    """From the door of a shop to the last finding put right."""

    recorded = State(
        "跟踪整改", "Followed up", awaits=inspector, due=date("conclude_by"),
        late=[remind("inspections.remind_before"), overdue()], tone="active",
    )  # fmt: skip
    concluded = State("已办结", "Concluded", final=True, tone="done")

    opening = Opening(
        "登记检查", "Record a visit", recorded, by=inspector, asks=["enterprise", "purpose"],
        optional=["danger", "alarm", "summary", "longitude", "latitude"], needs=[PROOF], check=looks_at_its_own,
        effect=fill_from_phone,
        help=Words("在现场用手机检查更快：打开“现场检查”应用", "On site the phone is quicker: open the field app"),
    )  # fmt: skip

    conclude = Step(
        "办结检查", "Conclude", recorded, concluded, by=inspector, optional=["summary"], after_children=True, main=True,
        help=Words("检查发现的隐患全部办结后才能办结", "Once all dangers found on this visit have ended"),
    )  # fmt: skip
    bring = Step(
        "补传现场材料", "Bring what the phone still had", None, None, by=inspector, any_time=True,
        needs=[PROOF, photo("signature", "签名", "Signature", required=False)],
    )  # fmt: skip

    verbs = (comment(), attach())

    columns = (
        "number", "enterprise", "result", "findings", "state", "minutes_on_site", "minutes_writing", "keystrokes", "signatures",
        "documents", "opened_at",
    )  # fmt: skip
    facets = ("state", "result", "purpose", "territory", "sector", "visited_on", "is_demo")
    sorts = ("opened_at", "visited_on", "findings", "keystrokes", "minutes_on_site")
    panels = (
        (Words("检查", "The visit"),
         ("enterprise", "danger", "alarm", "purpose", "visited_on", "result", "findings", "fixed", "summary", "overlaps")),
        (Words("文书负担", "Paperwork"),
         ("minutes_on_site", "minutes_writing", "keystrokes", "signatures", "documents", "clock_offset")),
    )  # fmt: skip
