"""How articles of law read in English."""

from __future__ import annotations

import pytest

from anlan.faces.articles import in_english, number


@pytest.mark.parametrize(
    ("article", "said"),
    [
        ("第二条", "article 2"),
        ("第一百一十四条", "article 114"),
        ("第四条第（三）项", "article 4, item 3"),
        ("第四十一条第二款", "article 41, paragraph 2"),
        ("第一百零一条第四项、第五项", "article 101, item 4 and item 5"),
        ("第六十三至六十五条", "articles 63 to 65"),
        ("第二百零一条至第二百零三条", "articles 201 to 203"),
        ("第六十六、六十七条", "articles 66 and 67"),
        ("第10项", "item 10"),
        ("第16章", "chapter 16"),
        ("表1（第2号修改单）", "table 1 (amendment 2)"),
        ("4.3.2、表4", "4.3.2, table 4"),
        ("全文", "the whole text"),
        ("16.5", "16.5"),
        ("5.5.2 第1、2款", "5.5.2, paragraphs 1 and 2"),
        ("", ""),
        ("附录甲第二条", "附录甲第二条"),
    ],
)
def test_an_article_reads_in_english(article: str, said: str) -> None:
    assert in_english(article) == said


@pytest.mark.parametrize(
    ("text", "value"), [("十", 10), ("十二", 12), ("二十", 20), ("一百零九", 109), ("三百", 300), ("7", 7)]
)
def test_numerals_are_read(text: str, value: int) -> None:
    assert number(text) == value
