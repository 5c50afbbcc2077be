"""The choices of the hidden danger domain, in the field's words."""

from __future__ import annotations

from anlan.kernel.words import Words

FOUND_BY = [
    ("self", Words("企业自查", "Found by the enterprise itself")),
    ("government", Words("政府检查", "Found by government")),
    ("grid", Words("网格巡查", "Found by a grid inspector")),
    ("worker", Words("从业人员报告", "Reported by a worker")),
]

GENERAL, MAJOR = "general", "major"
SEVERITIES = [
    (GENERAL, Words("一般事故隐患", "General hidden danger")),
    (MAJOR, Words("重大事故隐患", "Major hidden danger")),
]

TOPICS = [
    ("fire", Words("消防安全", "Fire safety")),
    ("electrical", Words("用电安全", "Electrical safety")),
    ("machinery", Words("机械设备", "Machinery")),
    ("traffic", Words("通道与场内交通", "Passages and traffic")),
    ("chemical", Words("危险化学品", "Hazardous chemicals")),
    ("gas", Words("燃气", "Gas")),
    ("height_construction", Words("高处与施工作业", "Work at height and construction")),
    ("confined_space", Words("有限空间", "Confined space")),
    ("dust", Words("粉尘防爆", "Explosive dust")),
    ("special_equipment", Words("特种设备", "Special equipment")),
    ("occupational_health", Words("职业健康", "Occupational health")),
    ("management", Words("安全管理", "Safety management")),
    ("other", Words("其他", "Other")),
]

LISTING_LEVELS = [
    ("county", Words("县级挂牌", "Listed by the county")),
    ("city", Words("市级挂牌", "Listed by the city")),
    ("province", Words("省级挂牌", "Listed by the province")),
]
