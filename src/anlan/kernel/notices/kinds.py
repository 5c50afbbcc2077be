"""Kinds of notices and how each is worded: what people read in the list, in a mail's subject and in a webhook.

A wording names the subject, the number and the state, never what stands in the matter: whoever reads a mail over
somebody's shoulder learns nothing about a person or a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from anlan.kernel.words import Words

# Something due sooner than this is told at night too.
SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its name, its sentence, and how fast it goes out.

    ``instant``: sent at once (only where a clock starts or was missed), else gathered into a digest. ``urgent``: quiet
    hours do not hold it back.
    """

    key: str
    words: Words
    sentence: Words
    instant: bool = False
    urgent: bool = False
    with_clock: bool = False  # instant only when it names a deadline
    tone: str = "plain"


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("duty", Words("新待办", "New duty"),
             Words("{what} {number} 等您办理（{state}）", "{what} {number} awaits you ({state})"), with_clock=True, tone="open"),
        Kind("line", Words("并行义务", "Parallel duty"),
             Words("{what} {number} 另有一项义务等您完成：{state}", "{what} {number} has a further duty for you: {state}"),
             with_clock=True, tone="open"),
        Kind("request", Words("待审批", "Request to decide"),
             Words("{what} {number} 有一项申请等您决定（{state}）", "{what} {number} has a request for you to decide ({state})"),
             with_clock=True, tone="waiting"),
        Kind("renewed", Words("期限变更", "New deadline"),
             Words("{what} {number} 的期限已变更（{state}）", "{what} {number} has a new deadline ({state})")),
        Kind("handed_over", Words("移交给您", "Handed to you"),
             Words("{what} {number} 已移交给您办理（{state}）", "{what} {number} was handed over to you ({state})"),
             with_clock=True, tone="open"),
        Kind("handed_away", Words("已移交他处", "Handed away"),
             Words("{what} {number} 已移交他处，不再等您办理（{state}）",
                   "{what} {number} was handed to another department and no longer awaits you ({state})")),
        Kind("remind", Words("临期提醒", "Reminder"),
             Words("{what} {number} 快到期限（{state}）", "{what} {number} is nearly due ({state})"), tone="waiting"),
        Kind("overdue", Words("已逾期", "Overdue"),
             Words("{what} {number} 已逾期（{state}）", "{what} {number} is overdue ({state})"), instant=True, tone="late"),
        Kind("escalate", Words("逾期督促", "Escalated as late"),
             Words("{what} {number} 逾期未办，需您督促（{state}）",
                   "{what} {number} is late; those awaited need your prompting ({state})"),
             instant=True, urgent=True, tone="late"),
        Kind("substitute", Words("代理", "Substitute"),
             Words("您被指定为{what}的代理人，{state}", "You stand in for {what}, {state}")),
        Kind("stood_in", Words("已安排代理", "Substitute arranged"),
             Words("已安排{what}代理您的工作，{state}", "{what} stands in for you, {state}")),
        Kind("receiver_paused", Words("推送已暂停", "Receiver paused"),
             Words("推送地址“{what}”多次没有应答，已暂停：{state}",
                   "The receiver “{what}” did not answer repeatedly and is paused: {state}"), instant=True, tone="late"),
        Kind("trouble", Words("运行异常", "Trouble"),
             Words("{what}异常：{state}", "{what}, trouble: {state}"), instant=True, urgent=True, tone="late"),
        Kind("trouble_over", Words("异常解除", "Trouble over"),
             Words("{what}已恢复：{state}", "{what} has recovered: {state}"), instant=True, urgent=True, tone="done"),
        Kind("trial", Words("试发", "Trial"),
             Words("这是一条试发的通知：{what}", "This notice is a trial: {what}"), instant=True),
    )
}  # fmt: skip

# Levels of lateness a loop may declare, and the kind that tells of each; any other level tells as a reminder.
OF_LATENESS = {"remind": "remind", "overdue": "overdue", "escalate": "escalate"}


def goes_at_once(kind: str, due_at: datetime | None) -> bool:
    """Say whether a notice is sent at once: a clock starts with it, or was missed."""
    found = KINDS[kind]
    return found.instant or (found.with_clock and due_at is not None)


def breaks_quiet(kind: str, due_at: datetime | None, made_at: datetime) -> bool:
    """Say whether quiet hours do not hold a notice back: those above are called, or little time is left."""
    found = KINDS[kind]
    return found.urgent or (found.with_clock and due_at is not None and due_at - made_at < SOON)


def kind_choices() -> list[tuple[str, Words]]:
    """Return the kinds as choices for a model field."""
    return [(kind.key, kind.words) for kind in KINDS.values()]
