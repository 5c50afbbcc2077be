"""Names of enterprises, compared: what remains of a name without place and legal form, and how alike two remainders are.

Pure. Serves the showing of likely duplicates on entry; it decides nothing, a person does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from difflib import SequenceMatcher

# Longest first: a form is taken off the end once, so that 股份有限公司 does not leave 股份 behind.
LEGAL_FORMS = (
    "股份有限责任公司", "集团股份有限公司", "集团有限责任公司", "有限责任公司", "股份有限公司", "集团有限公司",
    "股份合作公司", "有限合伙企业", "普通合伙企业", "个人独资企业", "农民专业合作社", "有限公司", "合伙企业", "个体工商户",
    "有限合伙", "普通合伙", "专业合作社", "总公司", "集团公司", "集团", "公司",
)  # fmt: skip

# Traditional and variant characters that still stand on signboards and old licences.
_OLD = (
    "長東業國機電車廠貿實華興發龍鋼鐵農糧飼藥醫氣匯馬鳥魚龜麥麵黃齊齒飛風雲陽陰陳隊階際陸順飲館飯餐銀銅鋁"
    "鉛錫鍋鎖鏡鑄鍛門間開關閣聯產設計訊記許試話誠語調談課請論證護變讓貝財貨質購費賀資賽贏趙軍輪輸轉軟載輕"
    "達運過還進遠適選遙鄉鄭釀釋針鈞鈦儀優億雙廣慶應戰戲擴數斷時暉曉術樂樓樣橋檔歐歡歲殺殼澤漢潔濟濱瀋瀾灣"
    "無煉煙熱燈營爐獨獎環現瑪畫當疊療監盤確碼磚礦禮種穀積穩窯節範築簡籃紀約紅級紙純細終組結絲絡經統綠維網"
    "線緣織繪繼續纖羅義習聖聲職腦膠臨臺與舉舊艦藝蘇蘭處號術衛補裝製複見規視覺觀訓髙囯厰闗"
    "測飾養險驗檢殘葉榮傑偉寶愛導師帶庫從總壓徵態懷損據擇攝極標權歷氫淨湯滅滙潤濃牆狀瑩盧礎稱筆紋綜緊縣縱園圖圓場塊塗壯寧寬層島幣幫"
)
_NEW = (
    "长东业国机电车厂贸实华兴发龙钢铁农粮饲药医气汇马鸟鱼龟麦面黄齐齿飞风云阳阴陈队阶际陆顺饮馆饭餐银铜铝"
    "铅锡锅锁镜铸锻门间开关阁联产设计讯记许试话诚语调谈课请论证护变让贝财货质购费贺资赛赢赵军轮输转软载轻"
    "达运过还进远适选遥乡郑酿释针钧钛仪优亿双广庆应战戏扩数断时晖晓术乐楼样桥档欧欢岁杀壳泽汉洁济滨沈澜湾"
    "无炼烟热灯营炉独奖环现玛画当叠疗监盘确码砖矿礼种谷积稳窑节范筑简篮纪约红级纸纯细终组结丝络经统绿维网"
    "线缘织绘继续纤罗义习圣声职脑胶临台与举旧舰艺苏兰处号术卫补装制复见规视觉观训高国厂关"
    "测饰养险验检残叶荣杰伟宝爱导师带库从总压征态怀损据择摄极标权历氢净汤灭汇润浓墙状莹卢础称笔纹综紧县纵园图圆场块涂壮宁宽层岛币帮"
)
_SIMPLER = str.maketrans(dict(zip(_OLD, _NEW, strict=True)))
_NOT_LETTERS = re.compile(r"[\W_]+")
_LEVELS = str.maketrans("", "", "省市区县")
_NUMERALS = str.maketrans("", "", "一二三四五六七八九十0123456789")
UNTOLD = frozenset(("无", "个人", "不详", "不明", "未知", "暂无", "其他"))  # written where no unit is told
ALIKE = 0.5  # so alike two names may be of one unit, written in two ways


def folded(name: str) -> str:
    """Return a name half-width, lower case, in present-day characters, without spaces, brackets and other signs."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_SIMPLER)
    return _NOT_LETTERS.sub("", plain)


def core_of(name: str, places: Collection[str] = ()) -> str:
    """Return what tells an enterprise apart: its name without place and legal form.

    ``places`` are names of provinces, cities and counties, with or without 省, 市, 区, 县. A name that consists of nothing
    else is returned whole.
    """
    whole = folded(name)
    core = _without_form(whole)
    for place in sorted({form for p in places for form in _forms_of(p)}, key=len, reverse=True):
        core = core.replace(place, "")
    return core or whole


def _without_form(name: str) -> str:
    for form in LEGAL_FORMS:
        if name.endswith(form) and len(name) > len(form):
            return name.removesuffix(form)
    return name


def _forms_of(place: str) -> set[str]:
    """Return a place name with and without its last word; the short form only where two characters remain."""
    whole = folded(place)
    forms = {whole}
    for ending in ("自治县", "自治州", "省", "市", "区", "县"):
        short = whole.removesuffix(ending)
        if short != whole and len(short) > 1:
            forms.add(short)
            break
    return forms


def similarity(one: str, other: str) -> float:
    """Return how alike two cores are, 0 to 1; the same either way round."""
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    first, second = sorted((one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def are_of_two(one: str, other: str) -> bool:
    """Say whether two names are plainly of two units: unlike each other, or alike but for a number (一建, 二建).

    A name that tells no unit tells nothing apart, nor does one that is the other with a place, a legal form or a part added, or
    shortened. Places are known by no list here: 某某市, 某某 and nothing before a name are one.
    """
    first, second = (_without_form(folded(name)).translate(_LEVELS) for name in (one, other))
    if not first or not second or UNTOLD & {first, second} or first in second or second in first:
        return False
    if first.translate(_NUMERALS) == second.translate(_NUMERALS):
        return True
    return similarity(first, second) < ALIKE
