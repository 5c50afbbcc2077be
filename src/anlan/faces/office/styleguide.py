"""The style guide: every component with sample values, for those who write pages and for the eye of the tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase

from anlan.faces.office import shapes
from anlan.faces.office.shell import page
from anlan.kernel import clock
from anlan.kernel.words import Words

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEED = {
    "name": "evidence_after",
    "label": Words("整改后照片", "Photo after"),
    "required": True,
    "media": "image",
}


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(
        label=Words("企业名称", "Name"),
        max_length=60,
        help_text=Words("营业执照上的全称", "As on the licence"),
    )
    credit_code = forms.CharField(label=Words("统一社会信用代码", "Credit code"), max_length=18)
    severity = forms.ChoiceField(
        label=Words("隐患等级", "Severity"),
        choices=[("general", Words("一般", "General")), ("major", Words("重大", "Major"))],
    )
    rectify_by = forms.DateField(label=Words("整改期限", "Rectify by"))
    cost = forms.DecimalField(label=Words("整改资金", "Cost"), required=False)
    is_urgent = forms.BooleanField(label=Words("须立即停产", "Stop production at once"), required=False)
    measures = forms.CharField(label=Words("整改措施", "Measures"), widget=forms.Textarea, max_length=500)


def show(request: HttpRequest) -> HttpResponseBase:
    """Show every component."""
    return page(request, "office/styleguide.html", samples(), here="styleguide")


def samples() -> dict[str, Any]:
    """Return sample values for every component."""
    now = clock.now()
    calm = shapes.Clock(Words("剩 12 天", "12 days left"), "calm", 72, now + 12 * DAY, now - 4 * DAY)
    soon = shapes.Clock(
        Words("剩 9 小时 20 分", "9 h 20 min left"), "soon", 11, now + 9 * HOUR, now - 3 * DAY
    )
    late = shapes.Clock(
        Words("逾期 2 天 4 小时", "2 d 4 h overdue"), "late", 0, now - 52 * HOUR, now - 9 * DAY
    )
    paused = shapes.Clock(Words("计时已中止", "Suspended"), "paused", 100)
    done = shapes.Clock(Words("已办结", "Ended"), "done", 0, now - DAY)
    bound = SampleForm({"credit_code": "91220101MA0Y5ABC12", "severity": "major", "cost": "12.5"})
    return {
        "clocks": [calm, soon, late, paused, done],
        "badges": [
            shapes.Badge(Words("已上报", "Reported"), "open"),
            shapes.Badge(Words("待复查", "In review"), "waiting"),
            shapes.Badge(Words("已销号", "Closed"), "done"),
            shapes.Badge(Words("已逾期", "Overdue"), "late"),
            shapes.Badge(Words("在营", "Operating")),
        ],
        "cards": _cards(calm, soon, late),
        "moments": _moments(now),
        "facts": _facts(),
        "figures": _figures(),
        "form": bound,
        "blank": SampleForm(),
        "diagram": _diagram(),
        "pager": shapes.Pager(
            before="?before=x", after="?after=x", first="?", count=12400, exact=False, shown=50
        ),
        "levels": [4, 3, 2, 1],
        "needs": [NEED],
    }


def _cards(calm: shapes.Clock, soon: shapes.Clock, late: shapes.Clock) -> list[dict[str, Any]]:
    def card(title: Words, clock_: shapes.Clock, level: int, verb: Words, awaited: Words) -> shapes.Card:
        where = Words("样例冷链有限公司 · 永春镇", "Sample Cold Chain Ltd · Yongchun")
        return shapes.Card(
            title, "#", clock_, where, awaited, verb, "#", level, Words("隐患整改", "Hidden danger"), True
        )

    review, grade = Words("复查", "Re-inspect"), Words("定级", "Grade")
    awaited = Words("待复查", "In review")
    return [
        {"key": "overdue", "title": Words("已逾期", "Overdue"), "count": 1, "cards": [
            card(Words("氨制冷机房未设泄漏报警装置", "No leak alarm in the ammonia engine room"), late, 4, review, awaited)]},
        {"key": "today", "title": Words("今日到期", "Due today"), "count": 1, "cards": [
            card(Words("疏散通道堆放货物", "Goods stored in the escape route"), soon, 2, review, awaited)]},
        {"key": "week", "title": Words("七日内到期", "Due this week"), "count": 1, "cards": [
            card(Words("配电箱未接地", "Distribution box without earthing"), calm, 2, grade, Words("已上报", "Reported"))]},
    ]  # fmt: skip


def _moments(now: Any) -> list[shapes.Moment]:
    facts = [
        (
            Words("理由", "Reason"),
            Words("照片未显示报警主机，补拍后再报", "The photo does not show the alarm panel"),
        )
    ]
    return [
        shapes.Moment(now - 2 * HOUR, Words("王某", "Wang"), Words("区应急局 执法科", "District bureau"),
                      Words("退回 → 整改中", "Sent back → Being rectified"), facts, proof="9f2c41aa07"),
        shapes.Moment(now - DAY, Words("时钟", "Clock"), "", Words("临期提醒", "Reminder before the deadline"), tone="clockwork"),
        shapes.Moment(now - 3 * DAY, Words("李某", "Li"), Words("样例冷链 安全员", "Sample safety officer"),
                      Words("报告整改完成 → 待复查", "Reported rectified → In review"), proof="41d09c7be2"),
        shapes.Moment(now - 9 * DAY, Words("赵某", "Zhao"), Words("永春镇 网格员", "Grid inspector"),
                      Words("上报隐患", "Reported the danger"), proof="0a77ce21f4"),
    ]  # fmt: skip


def _facts() -> list[shapes.Fact]:
    return [
        shapes.Fact(Words("统一社会信用代码", "Credit code"), "91220101MA0Y5ABC12"),
        shapes.Fact(Words("行业", "Industry"), Words("谷物磨制", "Grain milling")),
        shapes.Fact(Words("从业人数", "Employees"), 86, unit=Words("人", "people")),
        shapes.Fact(Words("规模", "Scale"), Words("中型", "Medium")),
        shapes.Fact(Words("涉氨制冷", "Ammonia refrigeration"), True),
        shapes.Fact(Words("备注", "Note"), ""),
    ]


def _figures() -> list[shapes.Figure]:
    month = Words("全市 · 本月", "City · this month")
    return [
        shapes.Figure(
            Words("隐患整改率", "Closure rate"),
            "92.4",
            "%",
            month,
            Words("比上月 +1.8", "+1.8 on last month"),
            True,
            "#",
        ),
        shapes.Figure(
            Words("逾期重大隐患", "Overdue major dangers"),
            "3",
            Words("件", "items"),
            month,
            Words("比上月 +1", "+1"),
            False,
            "#",
        ),
        shapes.Figure(
            Words("在管企业", "Enterprises"),
            "1,286",
            Words("家", "in all"),
            Words("全市 · 今日", "City · today"),
        ),
    ]


def _diagram() -> shapes.Diagram:
    node = shapes.Node
    nodes = [
        node("reported", Words("已上报", "Reported"), Words("监管部门干部", "Officer"), 14, 50, "past"),
        node(
            "rectifying",
            Words("整改中", "Being rectified"),
            Words("企业安全员", "Safety officer"),
            230,
            50,
            "here",
        ),
        node("review", Words("待复查", "In review"), Words("监管部门干部", "Officer"), 446, 50),
        node("closed", Words("已销号", "Closed"), Words("终态", "End"), 662, 50, "final"),
    ]
    edge = shapes.Edge
    edges = [
        edge("M164 73H228", Words("定级", "Grade"), 188, 67),
        edge("M362 73H444", Words("报告完成", "Report"), 404, 67),
        edge("M578 73H660", Words("销号", "Accept"), 620, 67),
        edge(
            "M490 96V122Q490 132 480 132H328Q318 132 318 122V98", Words("退回", "Send back"), 404, 136, "back"
        ),
    ]
    return shapes.Diagram(
        808, 152, nodes, edges, Words("四个环节，当前：整改中", "Four states, here: being rectified")
    )
