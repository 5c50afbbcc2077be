"""The six data sets of the dual-prevention upload (双重预防机制数据上报), as a format: names, lengths, codes, checks.

The national digital guide was not at hand: names, lengths and codes are reconstructed from what systems that speak it show, and
unconfirmed. Nothing else in the project knows them, so that a confirmed edition is a second module beside this one. Pure: no
database, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from anlan.kernel.words import Words

EDITION = "dual-prevention/reconstructed-1"
CONFIDENCE = "memory"
TEXT, NUMBER, TIME, DAY, CODE = "text", "number", "time", "day", "code"
IDENTITY = re.compile(r"[0-9A-Za-z-]{32,36}")
COMPANY = re.compile(r"[0-9]{9}")
FORMS = {
    TIME: re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"),
    DAY: re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?"),
}

UNIT, EVENT, MEASURE = "risk_unit", "risk_event", "risk_measure"
TASK, RECORD, DANGER = "check_task", "check_record", "hidden_danger"

DANGER_SOURCES = MappingProxyType({
    "1": Words("日常排查", "Daily check"), "2": Words("综合性排查", "General check"),
    "3": Words("专业性排查", "Special check"), "4": Words("季节性排查", "Seasonal check"),
    "5": Words("重点时段及节假日前排查", "Before holidays and key periods"),
    "6": Words("事故类比排查", "By analogy with an accident"),
    "7": Words("复产复工前排查", "Before resuming work"), "8": Words("外聘专家诊断式排查", "By outside experts"),
    "9": Words("管控措施失效", "A control measure failed"), "10": Words("其他", "Other"),
})  # fmt: skip
DANGER_TYPES = MappingProxyType({
    "1": Words("安全", "Safety"), "2": Words("工艺", "Process"), "3": Words("电气", "Electrical"),
    "4": Words("仪表", "Instruments"), "5": Words("消防", "Fire"), "6": Words("总图", "Layout"),
    "7": Words("设备", "Equipment"), "8": Words("其他", "Other"),
})  # fmt: skip
DANGER_LEVELS = MappingProxyType({"0": Words("一般隐患", "General"), "1": Words("重大隐患", "Major")})
MANAGE_TYPES = MappingProxyType({"0": Words("即查即改", "At once"), "1": Words("限期整改", "By a limit")})
DANGER_STATES = MappingProxyType({
    "0": Words("整改中", "Being put right"), "1": Words("待验收", "To be accepted"), "9": Words("已验收", "Accepted"),
})  # fmt: skip
CHECK_STATES = MappingProxyType({
    "0": Words("正常", "In order"), "1": Words("存在隐患", "A danger found"), "2": Words("未排查", "Not checked"),
    "3": Words("其他", "Other"),
})  # fmt: skip
CYCLE_UNITS = ("小时", "天", "月", "年")
DELETED = ("0", "1")


@dataclass(frozen=True)
class Field:
    """One field of a data set. ``most``: its greatest length, a Chinese character counted as two."""

    name: str
    words: Words
    most: int
    is_needed: bool = True
    kind: str = TEXT
    codes: tuple[str, ...] = ()
    refers_to: str = ""


@dataclass(frozen=True)
class DataSet:
    """One data set: its name in the address, its fields, in the order in which it must arrive."""

    name: str
    words: Words
    fields: tuple[Field, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """Return the data sets whose rows must be there before its own."""
        return tuple(dict.fromkeys(field.refers_to for field in self.fields if field.refers_to))


def _named(name: str, zh: str, en: str, most: int, **more: Any) -> Field:
    return Field(name, Words(zh, en), most, **more)


_HEAD = (
    _named("id", "主键", "Id", 36),
    _named("companyCode", "企业编码", "Company code", 9),
)
_TAIL = (
    _named("deleted", "删除标志", "Deleted", 1, kind=CODE, codes=DELETED),
    _named("createDate", "创建时间", "Created", 19, kind=TIME),
    _named("createBy", "创建人", "Created by", 64),
    _named("updateDate", "更新时间", "Updated", 19, kind=TIME),
    _named("updateBy", "更新人", "Updated by", 64),
)


def _set(name: str, zh: str, en: str, *fields: Field) -> DataSet:
    return DataSet(name, Words(zh, en), (*_HEAD, *fields, *_TAIL))


DATA_SETS: tuple[DataSet, ...] = (
    _set(
        UNIT, "风险分析单元", "Risk units",
        _named("hazardCode", "风险分析对象编码", "Code of the object", 40),
        _named("hazardDep", "责任部门", "Department in charge", 100),
        _named("hazardLiablePerson", "责任人", "Person responsible", 60),
        _named("riskUnitName", "分析单元名称", "Name of the unit", 240),
    ),
    _set(
        EVENT, "风险事件", "Risk events",
        _named("riskUnitId", "分析单元主键", "Unit", 36, refers_to=UNIT),
        _named("riskEventName", "风险事件名称", "Name of the event", 320),
    ),
    _set(
        MEASURE, "管控措施", "Control measures",
        _named("riskEventId", "风险事件主键", "Event", 36, refers_to=EVENT),
        _named("dataSrc", "管控方式", "How it is watched", 1, kind=CODE, codes=("1", "2")),
        _named("riskMeasureDesc", "管控措施描述", "The measure", 1000),
        _named("classify1", "措施分类一", "Class 1", 10),
        _named("classify2", "措施分类二", "Class 2", 10),
        _named("classify3", "措施分类三", "Class 3", 120, is_needed=False),
        _named("troubleshootContent", "隐患排查内容", "What is checked", 1000),
    ),
    _set(
        TASK, "排查任务", "Check tasks",
        _named("riskMeasureId", "管控措施主键", "Measure", 36, refers_to=MEASURE),
        _named("troubleshootContent", "隐患排查内容", "What is checked", 1000),
        _named("checkCycle", "排查周期", "Every", 4, kind=NUMBER),
        _named("checkCycleUnit", "周期单位", "Unit of the cycle", 4, kind=CODE, codes=CYCLE_UNITS),
    ),
    _set(
        RECORD, "排查记录", "Check records",
        _named("checkTaskId", "排查任务主键", "Task", 36, refers_to=TASK),
        _named("checkTime", "排查时间", "Checked at", 19, kind=TIME),
        _named("checkStatus", "排查结果", "Result", 1, kind=CODE, codes=tuple(CHECK_STATES)),
        _named("person", "排查人", "Checked by", 60),
        _named("mobile", "联系电话", "Telephone", 20, is_needed=False),
    ),
    _set(
        DANGER, "隐患", "Hidden dangers",
        _named("hazardCode", "风险分析对象编码", "Code of the object", 40, is_needed=False),
        _named("riskMeasureId", "管控措施主键", "Measure", 36, is_needed=False, refers_to=MEASURE),
        _named("checkRecordId", "排查记录主键", "Check record", 36, is_needed=False, refers_to=RECORD),
        _named("dangerName", "隐患名称", "Name", 200),
        _named("dangerLevel", "隐患等级", "Grade", 1, kind=CODE, codes=tuple(DANGER_LEVELS)),
        _named("registTime", "登记时间", "Registered at", 19, kind=TIME),
        _named("registrant", "登记人", "Registered by", 60),
        _named("dangerSrc", "隐患来源", "Source", 2, kind=CODE, codes=tuple(DANGER_SOURCES)),
        _named("dangerManageType", "治理类型", "How it is put right", 1, kind=CODE, codes=tuple(MANAGE_TYPES)),
        _named("hazardDangerType", "隐患类型", "Kind", 1, kind=CODE, codes=tuple(DANGER_TYPES)),
        _named("dangerDesc", "隐患描述", "What is wrong", 4000),
        _named("dangerReason", "原因分析", "Cause", 1000, is_needed=False),
        _named("controlMeasures", "控制措施", "Measures", 4000, is_needed=False),
        _named("cost", "资金（万元）", "Funds, 10,000 yuan", 16, is_needed=False, kind=NUMBER),
        _named("liablePerson", "整改责任人", "Person responsible", 60, is_needed=False),
        _named("dangerManageDeadline", "治理期限", "Limit", 19, is_needed=False, kind=DAY),
        _named("checkAcceptPerson", "验收人", "Accepted by", 60, is_needed=False),
        _named("checkAcceptTime", "验收时间", "Accepted at", 19, is_needed=False, kind=TIME),
        _named("checkAcceptComment", "验收情况", "Acceptance", 1000, is_needed=False),
        _named("dangerState", "隐患状态", "State", 1, kind=CODE, codes=tuple(DANGER_STATES)),
    ),
)  # fmt: skip
BY_NAME = MappingProxyType({one.name: one for one in DATA_SETS})

_NEEDED = Words("必填", "needed")
_LONG = Words(
    "超过 {most} 个字符（一个汉字算两个）", "longer than {most} (a Chinese character counts as two)"
)
_CODE = Words("没有代码“{value}”", "there is no code “{value}”")
_FORM = Words("格式不对：{value}", "not in the right form: {value}")
_NO_FIELD = Words("没有这个字段", "there is no such field")


def weight(text: str) -> int:
    """Return the length of a text as the format counts it: a character outside ASCII is two."""
    return sum(1 if character < "\x80" else 2 for character in text)


def fitted(text: str, most: int) -> str:
    """Return a text cut to a length as the format counts it, with an ellipsis where something was cut."""
    if weight(text) <= most:
        return text
    room, kept = most - 2, ""
    for character in text:
        room -= weight(character)
        if room < 0:
            break
        kept += character
    return f"{kept}…"


def faults_of(data_set: str, record: Mapping[str, Any]) -> dict[str, Words]:
    """Return what is wrong with a record, by field; empty where it may be sent. An unknown data set raises KeyError."""
    fields = BY_NAME[data_set].fields
    known = {field.name for field in fields}
    found = {name: _NO_FIELD for name in record if name not in known}
    for field in fields:
        fault = _fault(field, record.get(field.name))
        if fault is not None:
            found[field.name] = fault
    return found


def _fault(field: Field, value: Any) -> Words | None:
    if value is None or value == "":
        return _NEEDED if field.is_needed else None
    if not isinstance(value, str):
        return _FORM.filled(value=type(value).__name__)
    if weight(value) > field.most:
        return _LONG.filled(most=str(field.most))
    if field.kind == CODE and value not in field.codes:
        return _CODE.filled(value=value)
    return None if _is_formed(field, value) else _FORM.filled(value=value[:40])


def _is_formed(field: Field, value: str) -> bool:
    if field.name == "companyCode":
        return COMPANY.fullmatch(value) is not None
    if field.name == "id" or field.refers_to:
        return IDENTITY.fullmatch(value) is not None
    if field.kind == NUMBER:
        return re.fullmatch(r"\d{1,12}(\.\d{1,4})?", value) is not None
    return field.kind not in FORMS or FORMS[field.kind].fullmatch(value) is not None
