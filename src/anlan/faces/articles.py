"""Articles of law in English: 第四条第（三）项 reads "article 4, item 3". The rule book cites as instruments number.

What is not of the usual shape stays as it is written: a citation half translated would be found in neither language.
"""

from __future__ import annotations

import re

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")}
_NUMBER = r"([零一二三四五六七八九十百]+|\d+)"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SHAPES = [
    (re.compile(rf"第{_NUMBER}条?至第?{_NUMBER}条"), "articles {} to {}"),
    (re.compile(rf"第{_NUMBER}、{_NUMBER}条"), "articles {} and {}"),
    (re.compile(rf"第{_NUMBER}条"), "article {}"),
    (re.compile(rf"\s*第{_NUMBER}、{_NUMBER}款"), ", paragraphs {} and {}"),
    (re.compile(rf"\s*第{_NUMBER}款"), ", paragraph {}"),
    (re.compile(rf"、第（?{_NUMBER}）?项"), " and item {}"),
    (re.compile(rf"第（?{_NUMBER}）?项"), ", item {}"),
    (re.compile(rf"第{_NUMBER}章"), "chapter {}"),
    (re.compile(rf"第{_NUMBER}部分"), "part {}"),
    (re.compile(rf"（第{_NUMBER}号修改单）"), " (amendment {})"),
    (re.compile(rf"表{_NUMBER}"), "table {}"),
    (re.compile(r"全文"), "the whole text"),
    (re.compile(r"、"), ", "),
]


def in_english(article: str) -> str:
    """Return an article, paragraph or item as English cites it; as it stands where its shape is not known."""
    said = article
    for shape, words in _SHAPES:
        said = shape.sub(lambda found, words=words: words.format(*map(number, found.groups())), said)
    return article if _CHINESE.search(said) else said.removeprefix(", ")


def number(text: str) -> int:
    """Return the number that Chinese numerals below a thousand say; digits as they are."""
    if text.isdigit():
        return int(text)
    hundreds, has_hundreds, rest = text.rpartition("百")
    tens, has_tens, ones = rest.rpartition("十")
    found = _DIGITS.get(hundreds, 1) * 100 if has_hundreds else 0
    found += _DIGITS.get(tens.removeprefix("零"), 1) * 10 if has_tens else 0
    return found + _DIGITS.get(ones.removeprefix("零"), 0)
