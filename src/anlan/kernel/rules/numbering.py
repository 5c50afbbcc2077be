"""Numbers of documents in English: 国务院令第493号 reads "State Council Order No. 493".

An order is named after who gave it. The mark of any other document stands for a department and a year and has no
translation: it is spelt as it sounds, as English editions of the law do. What is not of these shapes stays as it is.
"""

from __future__ import annotations

import re

_ORDER = re.compile(r"(?P<who>.+)令第(?P<number>\d+)号")
_DOCUMENT = re.compile(r"(?P<mark>.+)〔(?P<year>\d{4})〕(?P<number>\d+)号")
_REVISION = re.compile(r"(?P<year>\d{4})年(?P<what>修订|修正)")
_WHOSE = {
    "主席": "Order of the President",
    "国务院": "State Council Order",
    "应急管理部": "Order of the Ministry of Emergency Management",
    "安监总局": "Order of the State Administration of Work Safety",
}
_SOUNDS = {
    "国发": "Guo Fa",
    "国办发明电": "Guo Ban Fa Ming Dian",
    "国能综通安全": "Guo Neng Zong Tong Anquan",
    "安委": "An Wei",
    "安委办": "An Wei Ban",
    "安监总管一": "An Jian Zong Guan Yi",
    "安监总管三": "An Jian Zong Guan San",
    "安监总管四": "An Jian Zong Guan Si",
    "安监总厅统计": "An Jian Zong Ting Tongji",
    "应急": "Ying Ji",
    "应急厅": "Ying Ji Ting",
    "矿安": "Kuang An",
    "建质规": "Jian Zhi Gui",
    "建城规": "Jian Cheng Gui",
    "工信厅安全函": "Gong Xin Ting Anquan Han",
    "交办运": "Jiao Ban Yun",
    "农渔发": "Nong Yu Fa",
    "办监督": "Ban Jiandu",
}
_REVISED = {"修订": "revision", "修正": "amendment"}


def number_in_english(number: str) -> str:
    """Return the number of a document as English cites it; as it stands where its shape or its giver is not known."""
    if (order := _ORDER.fullmatch(number)) and order["who"] in _WHOSE:
        return f"{_WHOSE[order['who']]} No. {order['number']}"
    if (document := _DOCUMENT.fullmatch(number)) and document["mark"] in _SOUNDS:
        return f"{_SOUNDS[document['mark']]} [{document['year']}] No. {document['number']}"
    if revision := _REVISION.fullmatch(number):
        return f"{revision['year']} {_REVISED[revision['what']]}"
    return number
