"""What became of an attempt, in the reader's words: failures are noted as the network tells them, and read here.

A text that is not known here is what the other side answered; it is shown as it came.
"""

from __future__ import annotations

import re

from anlan.kernel.notices.guarding import FAULTS
from anlan.kernel.words import Words

LONGEST = 80
# Why a message was not sent at all.
NO_MAIL = Words("没有设置邮件服务", "mail is not set up")
NO_ADDRESS = Words("收件人没有已确认的邮箱", "the recipient has no confirmed address")
NO_RECEIVER = Words("推送地址已停用", "the receiver was ended")
ALL_READ = Words("已在站内读过", "all of it was read in the office before")
_SHAPES: list[tuple[re.Pattern[str], Words]] = [
    (re.compile(r"no answer within ([\d.]+) s"), Words("{n} 秒内没有应答", "no answer within {n} s")),
    (
        re.compile(r"the name leads to an inner address, which webhooks may not reach"),
        Words(
            "域名指向内部网络，未获准推送", "the name leads to an inner address, which webhooks may not reach"
        ),
    ),
    (
        re.compile(r"HTTP (\d+): redirects are not followed"),
        Words(
            "HTTP {n}：对方要求转到别的地址，平台不跟随", "HTTP {n}: it points elsewhere, which is not followed"
        ),
    ),
    (re.compile(r"gaierror: .*", re.DOTALL), Words("找不到这个域名", "no such name was found")),
    (
        re.compile(r".*CERTIFICATE_VERIFY_FAILED.*|SSL\w*: .*", re.DOTALL),
        Words("对方的证书没有通过验证", "its certificate could not be verified"),
    ),
    (
        re.compile(r"(?:Connect\w*|Connection\w*|OSError|RemoteProtocolError|ReadError|WriteError): .*", re.DOTALL),
        Words("连接不上，或连接中断", "no connection, or it broke off"),
    ),
    *((re.compile(re.escape(fault.zh)), fault) for fault in (*FAULTS, NO_MAIL, NO_ADDRESS, NO_RECEIVER, ALL_READ)),
]  # fmt: skip


def words_of(text: str) -> Words:
    """Return how an attempt's answer reads; what the other side said stays as it is."""
    for shape, words in _SHAPES:
        found = shape.fullmatch(text)
        if found is not None:
            return words.filled(n=found.group(1)) if found.groups() else words
    return Words(text, text)


def in_short(text: str) -> Words:
    """Return an answer as it stands in a sentence: its first line, a dash where nothing was said."""
    said = words_of(text.strip() or "—")
    return Words(*(side.splitlines()[0][:LONGEST] for side in (said.zh, said.en)))
