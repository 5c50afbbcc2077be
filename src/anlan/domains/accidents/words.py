"""The words of an accident: its grades, the class it is counted in, how sure its source is."""

from __future__ import annotations

from anlan.kernel.words import Words

GRADES = [
    ("general", Words("一般事故", "General accident")),
    ("larger", Words("较大事故", "Larger accident")),
    ("major", Words("重大事故", "Major accident")),
    ("extra_major", Words("特别重大事故", "Extraordinarily major accident")),
]

# The class in which an accident is counted. Which classes make up a rate is a rule (targets.counted_classes).
CLASSES = [
    ("coal_mine", Words("煤矿", "Coal mine")),
    ("other_mine", Words("非煤矿山", "Other mine")),
    ("chemicals", Words("化工和危险化学品", "Chemicals")),
    ("fireworks", Words("烟花爆竹", "Fireworks")),
    ("construction", Words("建筑施工", "Construction")),
    ("industry_trade", Words("工贸及其他工商业", "Industry and trade")),
    ("road", Words("道路运输", "Road transport")),
    ("rail", Words("铁路运输", "Rail transport")),
    ("water_transport", Words("水上运输", "Water transport")),
    ("aviation", Words("航空运输", "Air transport")),
    ("fire", Words("生产经营性火灾", "Fire at a place of business")),
    ("fishing", Words("渔业船舶", "Fishing vessels")),
    ("farm_machinery", Words("农业机械", "Farm machinery")),
    ("other", Words("其他", "Other")),
]

CONFIDENCES = [
    ("sourced", Words("已核对原文", "Compared with the source")),
    ("secondary", Words("据转引", "Second hand")),
    ("memory", Words("未核对", "Unverified")),
]
