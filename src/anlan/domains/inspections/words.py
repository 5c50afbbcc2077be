"""The choices of the inspections domain, in the field's words."""

from __future__ import annotations

from anlan.kernel.words import Words

ROUTINE, FOLLOW_UP, SPECIAL = "routine", "follow_up", "special"
PURPOSES = [
    (ROUTINE, Words("日常巡查", "Routine patrol")),
    (FOLLOW_UP, Words("隐患回头看", "Second look at dangers")),
    ("complaint", Words("举报核查", "After a report")),
    (SPECIAL, Words("专项检查", "Special check")),
]

CLEAR, FOUND = "clear", "found"
RESULTS = [
    (CLEAR, Words("未发现问题", "Nothing wrong")),
    (FOUND, Words("发现问题", "Findings")),
]

OK, FINDING, NOT_APPLICABLE = "ok", "finding", "na"
ANSWERS = {
    OK: Words("符合", "In order"),
    FINDING: Words("有问题", "Finding"),
    NOT_APPLICABLE: Words("不涉及", "Does not apply"),
}

INSPECTOR, ENTERPRISE = "inspector", "enterprise"
PARTIES = {
    INSPECTOR: Words("检查人员", "Inspector"),
    ENTERPRISE: Words("被检查单位", "The enterprise"),
}

TRADES = {
    "catering": Words("餐饮", "Catering"),
    "shop": Words("商铺", "Shop"),
    "workshop": Words("加工作坊、工厂", "Workshop or plant"),
    "warehouse": Words("仓储", "Warehouse"),
    "fuel": Words("加油站", "Filling station"),
    "construction": Words("施工现场", "Construction site"),
    "crowded": Words("人员密集场所", "Crowded place"),
    "chemicals": Words("涉危险化学品", "Hazardous chemicals"),
    "dust": Words("涉爆粉尘", "Explosive dust"),
    "ammonia": Words("涉氨制冷", "Ammonia refrigeration"),
    "confined_space": Words("有限空间作业", "Confined spaces"),
}
