"""The ledger in sentences and deadlines in words: what people read where programs keep codes and instants."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from anlan.faces import articles
from anlan.faces.office.shapes import Clock, EvidenceCard, Moment
from anlan.kernel import clock
from anlan.kernel.registers.fields import FieldSpec, spec_of
from anlan.kernel.scope.models import Post
from anlan.kernel.words import Words

SOON = 0.2
A_MINUTE = timedelta(minutes=1)
KEPT_ACTS: dict[str, Words] = {
    "created": Words("登记", "registered it"),
    "edited": Words("修改", "edited it"),
    "checked": Words("检查", "checked it"),
    "archived": Words("归档", "archived it"),
    "restored": Words("恢复", "restored it"),
    "token_issued": Words("领取令牌", "took the token"),
    "receiver_set": Words("设置接收地址", "set the receiver"),
    "delivery_resent": Words("再送一次", "sent a portion again"),
    "graded": Words("批准评级", "approved its level"),
    "hazard_graded": Words("评估定级", "assessed and graded it"),
    "hazard_filed": Words("准予备案", "took it on file"),
    "hazard_delisted": Words("准予核销", "delisted it"),
    "merged": Words("合并", "merged it"),
    "plan_hung": Words("更换平面图图片", "hung a picture on the plan"),
    "plan_drawn": Words("绘制分析单元", "drew units on the plan"),
    "unmerged": Words("撤销合并", "undid the merge"),
    "merged_away": Words("并入另一记录", "merged it into another record"),
    "unmerged_away": Words("撤销合并，恢复为独立记录", "undid the merge; it stands alone again"),
    "post_opened": Words("设岗", "opened the post"),
    "post_closed": Words("撤岗", "closed the post"),
    "appointed": Words("安排任职", "appointed somebody"),
    "moved_in": Words("调入", "moved somebody in"),
    "moved_out": Words("调出", "moved somebody out"),
    "left": Words("离任", "ended a membership"),
    "phone_changed": Words("更换联系电话", "changed a telephone"),
    "renamed": Words("更名", "renamed it"),
    "party_merged": Words("并入其他单位", "merged it into another body"),
    "party_taken_over": Words("接手其他单位", "took over another body"),
    "party_ended": Words("移出单位名单", "took the body out of the list"),
    "party_restored": Words("恢复单位", "brought the body back"),
    "remit_added": Words("增加职责", "added a remit"),
    "remit_ended": Words("终止职责", "ended a remit"),
    "account_opened": Words("开通账号", "opened the account"),
    "account_closed": Words("停用账号", "closed the account"),
    "account_reopened": Words("恢复账号", "reopened the account"),
    "account_unlocked": Words("解除锁定", "unlocked the account"),
    "password_reset": Words("重置密码", "reset the password"),
    "second_factor_forgotten": Words("清除第二道验证", "forgot the second factor"),
    "substitute_appointed": Words("指定代理人", "appointed a substitute"),
    "substitute_ended": Words("取消代理", "ended a substitution"),
    "receiver_made": Words("新增推送地址", "added a receiver"),
    "receiver_paused": Words("暂停推送", "paused the receiver"),
    "receiver_resumed": Words("恢复推送", "resumed the receiver"),
    "receiver_ended": Words("停用推送地址", "ended the receiver"),
    "receiver_secret_renewed": Words("更换签名密钥", "renewed the signing secret"),
    "resent": Words("重发", "sent it again"),
    "private_erased": Words("删除了个人信息", "erased the personal data"),
}


def is_english() -> bool:
    """Say whether the reader reads English."""
    return (get_language() or "zh").startswith("en")


def article(cited: Any) -> str:
    """Return an article of law as the reader's language cites it; a bare number stays one."""
    return articles.in_english(str(cited)) if is_english() else str(cited)


def in_sentence(words: Words) -> str:
    """Return a name as it stands within a sentence: English begins it small."""
    return words.en[:1].lower() + words.en[1:] if is_english() else words.zh


def named(row: Any) -> str:
    """Return the name of a place or party in the reader's language, as far as it has one there."""
    english = getattr(row, "name_en", "") if is_english() else ""
    return str(english or row or "")


def span_words(span: timedelta) -> str:
    """Return a length of time at the grain that matters."""
    seconds = abs(span.total_seconds())
    days, hours, minutes = (
        int(seconds // 86400),
        int(seconds % 86400 // 3600),
        max(1, int(seconds % 3600 // 60)),
    )
    if days >= 3:
        return f"{days} days" if is_english() else f"{days} 天"
    if days >= 1:
        return f"{days} d {hours} h" if is_english() else f"{days} 天 {hours} 小时"
    if hours >= 1:
        return f"{hours} h {minutes} min" if is_english() else f"{hours} 小时 {minutes} 分"
    return f"{minutes} min" if is_english() else f"{minutes} 分钟"


def clock_of(due: datetime | None, opened: datetime | None, *, paused: bool = False, ended: datetime | None = None,
             note: str = "") -> Clock | None:  # fmt: skip
    """Return the clock of a deadline as it stands now."""
    if ended is not None:
        return Clock(_("已办结"), "done", 0, ended, None, note)
    if paused:
        return Clock(_("计时已中止"), "paused", 100, due, None, note)
    if due is None:
        return Clock(_("没有期限"), "done", 0, None, None, note)
    left = due - clock.now()
    words = span_words(left)
    if left < timedelta(0):
        late = f"{words} overdue" if is_english() else f"逾期 {words}"
        return Clock(late, "late", 0, due, opened, note)
    whole = (due - opened).total_seconds() if opened else 0
    share = max(0.0, min(1.0, left.total_seconds() / whole)) if whole > 0 else 1.0
    said = f"{words} left" if is_english() else f"剩 {words}"
    return Clock(said, "soon" if share < SOON else "calm", share * 100, due, opened, note)


def sentence(act: str, steps: Mapping[str, Any], from_words: Any, to_words: Any) -> str:
    """Return what an entry of the ledger says was done."""
    words: Any = steps[act].words if act in steps else KEPT_ACTS.get(act)
    said = str(words or (_("发起") if act == "opened" else act))
    if to_words and str(to_words) != str(from_words):
        return f"{said} → {to_words}"
    return said


def lateness(loop: Any, act: str) -> Words | None:
    """Return the words of a lateness that the clock noted, from the declaration."""
    name = act.removeprefix("late_")
    for source in (*loop.states.values(), *loop.lines.values()):
        for level in source.late:
            if level.name == name:
                found: Words = level.words
                return found
    return None


def moments_of(
    entries: Sequence[Any], model: Any, evidence: Mapping[uuid.UUID, list[EvidenceCard]]
) -> list[Moment]:
    """Return a chain as sentences, newest first; ``evidence`` is grouped by entry."""
    loop = getattr(model, "loop", None)
    steps = dict(loop.steps) if loop else {}
    states = loop.states if loop else {}
    posts = _posts(entries)
    found = []
    for entry in entries:
        before, after = states.get(entry.from_state), states.get(entry.to_state)
        opening = loop.opening.words if loop and loop.opening and entry.act == "opened" else None
        by_clock = entry.actor_kind == "clock"
        late = lateness(loop, entry.act) if by_clock and loop else None
        said = str(
            opening or late or sentence(entry.act, steps, before and before.words, after and after.words)
        )
        found.append(
            Moment(
                at=entry.at,
                who=_("时钟") if by_clock else entry.actor_name,
                post=posts.get(entry.actor_post, ""),
                did=said,
                facts=list(_facts(entry.data, model, steps.get(entry.act))),
                evidence=evidence.get(entry.id, ()),
                tone=("late" if entry.act != "late_remind" else "clockwork") if by_clock else "",
                proof=entry.sha256[:10],
                received=entry.received_at if entry.received_at - entry.at > A_MINUTE else None,
            )
        )
    return found[::-1]


def _posts(entries: Sequence[Any]) -> dict[uuid.UUID, str]:
    ids = {entry.actor_post for entry in entries if entry.actor_post}
    return {post.id: str(post) for post in Post.objects.filter(id__in=ids).select_related("party")}


def _facts(data: Mapping[str, Any], model: Any, step: Any) -> Iterable[tuple[Any, Any]]:
    """Return the labelled values an entry carries, without what is only for machines."""
    asks = {ask.name: ask.words for ask in step.extra_asks()} if step else {}
    answers = data.get("answers")
    values = {**answers} if isinstance(answers, dict) else dict(data)
    for name, value in (data.get("changes") or {}).items():
        values[name] = value
    for name, value in values.items():
        spec = _spec(model, name)
        label = asks.get(name) or (spec.label if spec else {"reason": _("原因"), "with": _("对方")}.get(name))
        if label is not None and value not in (None, "", []):
            yield label, _said(value, spec)
    for reason in data.get("reasons", ()):
        if isinstance(reason, dict):
            yield _("依据"), reason.get("en" if is_english() else "zh", "")


def _spec(model: Any, name: str) -> FieldSpec | None:
    try:
        return spec_of(model, name)
    except (FieldDoesNotExist, TypeError):
        return None


def _said(value: Any, spec: FieldSpec | None) -> Any:
    if isinstance(value, list) and len(value) == 2:  # a change: from, to
        return f"{_said(value[0], spec)} → {_said(value[1], spec)}"
    if isinstance(value, dict):
        return value.get("name") or value.get("en" if is_english() else "zh") or ""
    if value in (None, ""):
        return "—"
    if spec and spec.choices:
        return str({str(key): words for key, words in spec.choices}.get(str(value), value))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if spec and spec.kind in {"date", "instant"} and isinstance(value, str):
        return said_date(value)
    return value


def said_date(text: str) -> str:
    """Return an ISO date or instant as people write it."""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return day.isoformat()
        return f"{timezone.localtime(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"
    except ValueError:
        return text


def evidence_cards(links: Sequence[Any], needs: Mapping[str, Any]) -> dict[uuid.UUID, list[EvidenceCard]]:
    """Return the evidence of a chain as cards, grouped by the entry that brought it."""
    grouped: dict[uuid.UUID, list[EvidenceCard]] = {}
    for link in links:
        piece = link.evidence
        taken = piece.captured_at or piece.camera_at
        grouped.setdefault(link.entry_id, []).append(
            EvidenceCard(
                name=piece.name,
                url=reverse("office:evidence", args=[piece.id, "shown" if piece.is_photo else "original"]),
                thumb=reverse("office:evidence", args=[piece.id, "thumb"]) if piece.is_photo else "",
                caption=needs.get(link.purpose, ""),
                note=f"{timezone.localtime(taken):%m-%d %H:%M}" if taken else "",
            )
        )
    return grouped
