"""Failures of attempts are read in both languages; what the other side said is left as it came."""

from __future__ import annotations

import pytest

from anlan.kernel.notices.guarding import fault_of
from anlan.kernel.notices.outcomes import in_short, words_of


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("no answer within 15 s", "15 秒内没有应答", "no answer within 15 s"),
        ("HTTP 302: redirects are not followed", "HTTP 302：对方要求", "HTTP 302: it points elsewhere"),
        ("gaierror: [Errno -2] Name or service not known", "找不到这个域名", "no such name"),
        ("ConnectError: All connection attempts failed", "连接不上", "no connection"),
        ("ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed", "证书", "certificate"),
        ("the name leads to an inner address, which webhooks may not reach", "内部网络", "inner address"),
        ("没有设置邮件服务", "没有设置邮件服务", "mail is not set up"),
        ("HTTP 503 维护中", "HTTP 503 维护中", "HTTP 503 维护中"),
    ],
)
def test_a_failure_reads_in_both_languages(text: str, zh: str, en: str) -> None:
    said = words_of(text)
    assert (zh in said.zh, en in said.en) == (True, True)


def test_a_refused_address_reads_in_both_languages() -> None:
    fault = fault_of("https://127.0.0.1/")
    assert fault is not None
    assert words_of(fault.zh) == fault


def test_what_stands_in_a_sentence_is_one_line() -> None:
    assert in_short("").zh == "—"
    assert in_short("HTTP 500 a\nb").en == "HTTP 500 a"
