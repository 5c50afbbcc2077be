"""Which column of a foreign table is which field: by label, by name, by words that commonly stand for the same thing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from anlan.kernel.spreadsheets.tables import OwnTable, Table

# Words of headings that mean the same; a field and a heading meet when both stand in one line.
_SAME: tuple[str, ...] = (
    "名称 企业名称 单位名称 公司名称 企业全称 企业 单位 场所名称 name companyname facilityname enterprise enterprisename",
    "统一社会信用代码 信用代码 社会信用代码 统一信用代码 组织机构代码 机构代码 creditcode unifiedsocialcreditcode uscc",
    "所在地 地区 区划 行政区划 所属地区 属地 所属街道 所属乡镇 街道 乡镇 区县 乡镇街道 所在乡镇 所在街道 村社区 区划代码 "
    "territory place county district",
    "详细地址 地址 住所 经营地址 生产地址 注册地址 单位地址 address streetaddress street",
    "经度 坐标经度 x坐标 longitude lng lon long facilitylongitude",
    "纬度 坐标纬度 y坐标 latitude lat facilitylatitude",
    "行业 行业代码 行业类别 国民经济行业 industry industrycode",
    "主要业务 经营范围 主营业务 主要产品 主营产品 business mainbusiness",
    "规模 企业规模 scale size",
    "经营状态 生产状态 企业状态 状态 operation status",
    "从业人数 职工人数 员工人数 人数 从业人员 employees staff headcount fte facilityfulltimeemployees",
    "主要负责人 法定代表人 法人代表 法人 负责人 legalrepresentative mainperson",
    "安全负责人电话 联系电话 电话 手机 联系方式 phone telephone safetyphone",
    "隐患描述 隐患内容 问题描述 存在问题 描述 description problem whatiswrong",
    "发现日期 检查日期 排查日期 日期 foundon date founddate",
    "类别 隐患类别 类型 topic type category",
    "部位 隐患部位 位置 具体位置 location",
    "死亡人数 死亡 deaths dead fatalities",
    "重伤人数 重伤 受伤人数 injured injuries",
    "发生时间 事故时间 事故日期 发生日期 occurredat accidentdate",
)
_LINES = [set(line.split()) for line in _SAME]
_UNIT = re.compile(r"[（(\[【].*?[)）\]】]")
_NOISE = re.compile(r"[\s*＊_\-—:：、,，./]|必填|选填")
LOOKED_AT = 12


def bare(heading: Any) -> str:
    """Return a heading without unit, stars, blanks and case."""
    text = unicodedata.normalize("NFKC", str(heading or "")).casefold()
    return _NOISE.sub("", _UNIT.sub("", text)) or _NOISE.sub("", text)


def guessed(table: Table, headings: Sequence[Any]) -> dict[str, int]:
    """Return for each field the column that is probably it; a column is taken once, the surest match first."""
    plain = [bare(heading) for heading in headings]
    found: dict[str, int] = {}
    for own_words in (_own_words, _common_words):
        for name in table.asks:
            if name in found:
                continue
            words = own_words(table, name)
            place = next(
                (n for n, text in enumerate(plain) if text in words and n not in found.values()), None
            )
            if place is not None:
                found[name] = place
    return found


def _own_words(table: Table, name: str) -> set[str]:
    label = table.spec(name).label
    also = table.also.get(name, ()) if isinstance(table, OwnTable) else ()
    return {bare(label.zh), bare(label.en), bare(name), *map(bare, also)} - {""}


def _common_words(table: Table, name: str) -> set[str]:
    own = _own_words(table, name)
    return {word for line in _LINES if line & own for word in line}


def header_of(table: Table, rows: Sequence[Sequence[Any]]) -> int:
    """Return which of the first rows holds the headings (0 for the first): the one that names most fields."""
    best, most = 0, (-1, -1)
    for number, row in enumerate(rows[:LOOKED_AT]):
        texts = sum(1 for cell in row if isinstance(cell, str) and cell.strip())
        score = (len(guessed(table, row)), texts if most[0] <= 0 else 0)
        if texts and score > most:
            best, most = number, score
    return best
