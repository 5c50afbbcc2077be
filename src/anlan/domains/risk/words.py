"""The choices of the risk domain, in the field's words.

The codes of the national upload (``DATA_SOURCES``, ``CLASSES_1``, ``CLASSES_2``, ``CYCLE_UNITS``) are reconstructed from memory
of the digital guide and unconfirmed: the adapter that sends them says so too.
"""

from __future__ import annotations

from anlan.kernel.words import Words

MAJOR, CONSIDERABLE, GENERAL, LOW = "major", "considerable", "general", "low"
UNGRADED = 0
LEVELS = [
    (4, Words("重大风险", "Major risk")),
    (3, Words("较大风险", "Considerable risk")),
    (2, Words("一般风险", "General risk")),
    (1, Words("低风险", "Low risk")),
    (UNGRADED, Words("未评级", "Not graded")),
]
NUMBERS = {MAJOR: 4, CONSIDERABLE: 3, GENERAL: 2, LOW: 1}
NAMES = {number: name for name, number in NUMBERS.items()}
LEVEL_BY_ZH = {"重大风险": 4, "较大风险": 3, "一般风险": 2, "低风险": 1}
COLOURS = {4: "red", 3: "orange", 2: "yellow", 1: "blue"}

# Layers of control, the highest first.
LAYERS = [
    ("company", Words("公司（厂）级", "Company")),
    ("department", Words("部室（车间）级", "Department or workshop")),
    ("team", Words("班组级", "Team")),
    ("post", Words("岗位级", "Post")),
]
LAYER_ORDER = [key for key, _ in LAYERS]

DIVISION_KINDS = [
    ("company", Words("公司（厂）", "Company")),
    ("department", Words("部室", "Department")),
    ("workshop", Words("车间", "Workshop")),
    ("team", Words("班组", "Team")),
]
DIVISION_RANK = {"company": 0, "department": 1, "workshop": 1, "team": 2}
LAYER_OF_DIVISION = {
    "company": "company",
    "department": "department",
    "workshop": "department",
    "team": "team",
}

OBJECT_KINDS = [
    ("equipment", Words("设备设施", "Equipment and facilities")),
    ("activity", Words("作业活动", "Work activity")),
    ("place", Words("场所区域", "Place")),
]

FACTOR_CLASSES = [
    ("1", Words("人的因素", "Human")),
    ("2", Words("物的因素", "Material")),
    ("3", Words("环境因素", "Environmental")),
    ("4", Words("管理因素", "Management")),
]

JSA, SCL, OTHER = "jsa", "scl", "other"
WORKSHEETS = [
    (JSA, Words("工作危害分析（JSA）", "Job safety analysis (JSA)")),
    (SCL, Words("安全检查表（SCL）", "Safety check list (SCL)")),
    (OTHER, Words("其他方法", "Another way")),
]

MEASURE_KINDS = [
    ("engineering", Words("工程技术", "Engineering")),
    ("management", Words("管理", "Management")),
    ("training", Words("培训教育", "Training")),
    ("protection", Words("个体防护", "Personal protection")),
    ("emergency", Words("应急处置", "Emergency")),
]

DATA_SOURCES = [
    ("1", Words("自动化监控", "Automatic monitoring")),
    ("2", Words("隐患排查", "Checks by people")),
]
CLASSES_1 = [
    ("1", Words("工程技术", "Engineering")),
    ("2", Words("维护保养", "Maintenance")),
    ("3", Words("人员操作", "Operation by people")),
    ("4", Words("应急措施", "Emergency")),
]
CLASSES_2 = [
    ("1-1", Words("工艺控制", "Process control")),
    ("1-2", Words("关键设备和部件", "Key equipment and parts")),
    ("1-3", Words("安全附件", "Safety accessories")),
    ("1-4", Words("安全仪表", "Safety instruments")),
    ("1-5", Words("其他工程技术", "Other engineering")),
    ("2-1", Words("动设备", "Moving equipment")),
    ("2-2", Words("静设备", "Static equipment")),
    ("2-3", Words("其他维护保养", "Other maintenance")),
    ("3-1", Words("人员资质", "Qualification")),
    ("3-2", Words("操作记录", "Records of operation")),
    ("3-3", Words("交接班", "Shift handover")),
    ("3-4", Words("其他人员操作", "Other operation")),
    ("4-1", Words("应急设施", "Emergency facilities")),
    ("4-2", Words("个体防护", "Personal protection")),
    ("4-3", Words("消防设施", "Fire protection")),
    ("4-4", Words("应急预案", "Emergency plan")),
    ("4-5", Words("其他应急措施", "Other emergency")),
]
# The class of the upload that stands nearest to a kind of measure, until somebody chooses better.
NEAREST_CLASS = {
    "engineering": ("1", "1-5"), "management": ("3", "3-4"), "training": ("3", "3-1"), "protection": ("4", "4-2"),
    "emergency": ("4", "4-5"),
}  # fmt: skip

CYCLE_UNITS = [
    ("hour", Words("小时", "hours")),
    ("shift", Words("班", "shifts")),
    ("day", Words("天", "days")),
    ("week", Words("周", "weeks")),
    ("month", Words("月", "months")),
    ("quarter", Words("季度", "quarters")),
    ("year", Words("年", "years")),
]

INITIAL, RESIDUAL = "initial", "residual"
STAGES = [
    (INITIAL, Words("初始风险", "Initial risk")),
    (RESIDUAL, Words("剩余风险", "Residual risk")),
]
LS, LEC, MES, DIRECT = "ls", "lec", "mes", "direct"
METHODS = [
    (LS, Words("风险矩阵法（LS）", "Risk matrix (LS)")),
    (LEC, Words("作业条件危险性评价法（LEC）", "LEC method")),
    (MES, Words("作业条件风险程度评价法（MES）", "MES method")),
    (DIRECT, Words("直接判定", "Direct judgement")),
]
PROFILES = [
    ("four_band", Words("四档", "Four bands")),
    ("five_grade", Words("五级判定", "Five grades")),
]

SHIFTS = [
    ("day", Words("白班", "Day shift")),
    ("middle", Words("中班", "Middle shift")),
    ("night", Words("夜班", "Night shift")),
]
