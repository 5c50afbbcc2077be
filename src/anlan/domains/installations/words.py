"""The choices of the installations domain, in the field's words."""

from __future__ import annotations

from anlan.kernel.words import Words

PRODUCTION, STORAGE = "production", "storage"
KINDS = [
    (PRODUCTION, Words("生产单元", "Production unit")),
    (STORAGE, Words("储存单元", "Storage unit")),
]

# What divides a unit from the next (GB 18218-2018, 3.5 and 3.6).
VALVE, BUND, BUILDING, PLANT = "valve", "bund", "building", "plant"
BOUNDARIES = [
    (VALVE, Words("切断阀", "Shut-off valve")),
    (BUND, Words("罐区防火堤", "Bund of a tank farm")),
    (BUILDING, Words("独立库房（独立建筑物）", "Independent building")),
    (PLANT, Words("独立装置及设施", "Plant by itself")),
]
BOUNDARIES_OF = {PRODUCTION: {VALVE, PLANT}, STORAGE: {BUND, BUILDING}}

# 1 is the gravest, so that a list by grade begins with it.
NOT_MAJOR, UNGRADED = 5, 6
GRADES = [
    (1, Words("一级", "Grade 1")),
    (2, Words("二级", "Grade 2")),
    (3, Words("三级", "Grade 3")),
    (4, Words("四级", "Grade 4")),
    (NOT_MAJOR, Words("不构成重大危险源", "Not a major hazard")),
    (UNGRADED, Words("未定级", "Not graded")),
]
MAJOR_GRADES = (1, 2, 3, 4)
GRADE_BY_ZH = {"一级": 1, "二级": 2, "三级": 3, "四级": 4}

NEW, GRADED, SUBMITTED, FILED, NONE, DELISTED = "new", "graded", "submitted", "filed", "none", "delisted"
STANDINGS = [
    (NEW, Words("待辨识评估", "To be assessed")),
    (GRADED, Words("已定级，待备案", "Graded, to be filed")),
    (SUBMITTED, Words("已报送，待核对", "Submitted, to be gone through")),
    (FILED, Words("已备案", "On file")),
    (NONE, Words("不构成", "Not a major hazard")),
    (DELISTED, Words("已核销", "Delisted")),
]

MAIN, TECHNICAL, OPERATION = "main", "technical", "operation"
LAYERS = [
    (MAIN, Words("主要负责人", "Main person in charge")),
    (TECHNICAL, Words("技术负责人", "Technical person in charge")),
    (OPERATION, Words("操作负责人", "Operation person in charge")),
]

ASSESSORS = [
    ("own", Words("本单位注册安全工程师、技术人员或者专家", "Own safety engineers, technicians or experts")),
    ("body", Words("安全评价机构", "Qualified assessment body")),
]
