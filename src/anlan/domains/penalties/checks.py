"""Checks of the penalty loop: officers, filing once, notice before decision, hearing, bracket. Each says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from anlan.domains.penalties.models import PenaltyCase
from anlan.domains.penalties.words import HEARD_WHATEVER_THE_FINE, PERSON, YES
from anlan.kernel import clock, rules
from anlan.kernel.loops.declaration import Verdict
from anlan.kernel.loops.due import parameter_for, place_of
from anlan.kernel.loops.taking import Taking
from anlan.kernel.words import Words

WITHOUT_A_PENALTY = ("declined", "dropped", "transferred")
Faults = dict[str, list[Words]]


def today_of(taking: Taking) -> date:
    """Return the day of a step in China."""
    return taking.at.astimezone(clock.CHINA).date()


def may_be_filed(taking: Taking) -> Verdict:
    """Refuse a filing without two fit officers, outside the limitation, or of what was filed before."""
    row = taking.row
    faults: Faults = dict(_officers(row, taking)) | _sources(row) | _dates(row, today_of(taking))
    if row.respondent_kind == PERSON and not row.respondent:
        faults["respondent"] = [Words("写明个人姓名、职务。", "Name the person and the post.")]
    if not faults:
        faults = _filed_before(row)
    if faults:
        return Verdict(faults)
    return _in_time(row, today_of(taking))


def officers_are_fit(taking: Taking) -> Verdict:
    """Check the two officers who take a case over."""
    given = _Given(taking.row, taking.values)
    return Verdict(dict(_officers(given, taking)))


class _Given:
    """A row as it would be with the answers just given."""

    def __init__(self, row: Any, values: dict[str, Any]) -> None:
        self._row, self._values = row, values

    def __getattr__(self, name: str) -> Any:
        return self._values[name] if name in self._values else getattr(self._row, name)


def _officers(row: Any, taking: Taking) -> Iterator[tuple[str, list[Words]]]:
    """Demand two officers of the department, each with a certificate of their own, neither with an interest."""
    body = taking.row.regulator_id
    for name in ("first_officer", "second_officer"):
        officer = getattr(row, name)
        if officer is None or officer.party_id != body:
            yield name, [Words("应为本部门的执法人员。", "It must be an officer of this department.")]
    if row.first_officer is not None and row.first_officer == row.second_officer:
        yield "second_officer", [Words("承办人不少于两人。", "At least two officers handle a case.")]
    certificates = [row.first_certificate.strip(), row.second_certificate.strip()]
    for name, number in zip(("first_certificate", "second_certificate"), certificates, strict=True):
        if not number:
            yield name, [Words("填写执法证号。", "Give the number of the certificate.")]
    if all(certificates) and certificates[0] == certificates[1]:
        yield (
            "second_certificate",
            [Words("两个执法证号不能相同。", "The two certificates cannot be the same.")],
        )
    if not row.no_conflict:
        words = Words("有利害关系的须回避，换人承办。", "Who has an interest steps back; name somebody else.")
        yield "no_conflict", [words]


def _sources(row: Any) -> Faults:
    wrong = Words("来源与所选企业不是同一家。", "The source belongs to another enterprise.")
    names = ("danger", "visit")
    return {
        name: [wrong]
        for name in names
        if (at := getattr(row, name)) and at.enterprise_id != row.enterprise_id
    }


def _dates(row: Any, today: date) -> Faults:
    late = Words("不能晚于今天。", "It cannot lie after today.")
    return {"act_on": [late]} if row.act_on > today else {}


def _filed_before(row: Any) -> Faults:
    """Refuse what another officer filed: two who file at once wait here for each other, and the second is told."""
    for name in ("danger", "visit"):
        source = getattr(row, name)
        if source is None:
            continue
        sources = type(source).unscoped("two officers file the same source one after the other")
        sources.filter(pk=source.pk).select_for_update(of=("self",)).values_list("pk", flat=True).get()
        cases = PenaltyCase.unscoped("a source is filed once, whoever filed it")
        before = (
            cases.filter(**{name: source}).exclude(state__in=WITHOUT_A_PENALTY).order_by("opened_at").first()
        )
        if before is not None:
            words = Words(
                "已经立案（{number}），同一违法行为不重复处罚。",
                "Filed already ({number}); one act is not penalised twice.",
            )
            return {name: [words.filled(number=before.number)]}
    return {}


def _in_time(row: Any, today: date) -> Verdict:
    """Refuse an act beyond the limitation, by the rule of the day of the act."""
    key = "penalties.limitation_life" if row.harms_life else "penalties.limitation"
    try:
        limit = rules.parameter(key, row.act_on, place_of(row))
        basis = bracket_of(row, {})
    except rules.RuleGap:
        words = Words("{day} 有效的规定没有录入，不能核对。", "No rule in force on {day} is on file.")
        return Verdict({"act_on": [words.filled(day=row.act_on.isoformat())]})
    except rules.InputErrors as fault:
        return Verdict({"basis": [Words(one.message_zh, one.message_en) for one in fault.faults]})
    last = rules.due(row.act_on, limit.duration()).due_date
    if last is not None and today > last:
        words = Words("已过处罚时效（{day} 届满，{law}）。", "The limitation ended on {day} ({law}).")
        return Verdict({"act_on": [words.filled(day=last.isoformat(), law=Words(limit.zh, limit.en))]})
    return Verdict({}, [limit.stored()], _reasons(basis))


def bracket_of(row: Any, fine: dict[str, str]) -> dict[str, Any]:
    """Return the finding of the calculator ``penalty-bracket`` for a case, with the fine or without."""
    given = {
        "date": row.act_on.isoformat(), "basis": row.basis, "respondent": row.respondent_kind, "overdue": bool(row.overdue),
        **fine,
    }  # fmt: skip
    return rules.run("penalty-bracket", given)


def _reasons(found: dict[str, Any]) -> list[Words]:
    return [Words(step["text_zh"], step["text_en"]) for step in found["steps"]]


def fine_fits(row: Any, name: str, fine: Decimal, mitigation: str) -> Verdict:
    """Refuse a fine above its bracket, and one below it without what speaks for that (减轻处罚, 第三十二条)."""
    try:
        found = bracket_of(row, {"fine_yuan": format(fine, "f")})
    except rules.InputErrors as fault:
        return Verdict({name: [Words(one.message_zh, one.message_en) for one in fault.faults]})
    applied = {
        "calculator": "penalty-bracket",
        "citations": found["citations"],
        "confidence": found["confidence"],
    }
    if found["fits"] is False and not (fine < Decimal(found["low_yuan"]) and mitigation):
        return Verdict({name: _reasons(found)})
    return Verdict({}, [applied], _reasons(found))


def notice_is_lawful(taking: Taking) -> Verdict:
    """Check a notice: its day, the bracket, the hearing right, the time to respond, and that a defence aggravates nothing."""
    row, given, faults = taking.row, taking.values, Faults()
    fine, told = given["notified_yuan"], given["notified_on"]
    if told > today_of(taking) or told < row.filed_on:
        faults["notified_on"] = [Words("应在立案日期和今天之间。", "It lies between the filing and today.")]
        return Verdict(faults)
    if row.notified_yuan is not None and fine > row.notified_yuan and not given.get("new_facts"):
        words = Words(
            "高于上次告知的{n}元：写明新查明的事实；不得因申辩加重。",
            "Higher than the {n} yuan notified before: give the facts found since; a defence never aggravates.",
        )
        faults["new_facts"] = [words.filled(n=row.notified_yuan)]
    bracket = fine_fits(row, "notified_yuan", fine, given.get("mitigation") or "")
    hearing, applied = _hearing_right(row, given, told)
    respond, more = _time_to_respond(row, given, told)
    for part in (bracket.faults, hearing, respond):
        faults |= {name: list(words) for name, words in part.items()}
    return Verdict(faults, [*bracket.rules, *applied, *more], [*bracket.reasons, *_doubt(row, told)])


def _threshold(row: Any, day: date) -> rules.Parameter | None:
    """Return the figures from which a fine is large, or None: from 2026-02-01 they are not known."""
    try:
        return rules.parameter("penalties.hearing_fine", day, place_of(row))
    except rules.RuleGap:
        return None


def _doubt(row: Any, told: date) -> list[Words]:
    """Return what is not certain about the figure of a large fine: unknown, or never compared with the text."""
    large = _threshold(row, told)
    if large is None:
        return [
            Words(
                "较大数额罚款的现行标准未录入，有无听证权利由承办人判断。",
                "The present figure of a large fine is not on file: whether a hearing right applies is the officer's judgement.",
            )
        ]
    if large.confidence == "sourced":
        return []
    words = Words(
        "较大数额罚款按{n}元核对（{law}，未与原文核对）。",
        "A fine is large from {n} yuan ({law}, not compared with the text).",
    )
    law = large.citation
    cited = Words(f"{law.instrument.zh}{law.article}", f"{law.instrument.en} {law.article}")
    return [words.filled(n=large.value[f"{row.respondent_kind}_yuan"], law=cited)]


def _hearing_right(row: Any, given: dict[str, Any], told: date) -> tuple[Faults, list[dict[str, Any]]]:
    """Refuse to deny a hearing where the law or the figures of the day give it."""
    large = _threshold(row, told)
    applied = [large.stored()] if large else []
    if given["hearing_right"] == YES:
        return {}, applied
    if given["other_penalty"] in HEARD_WHATEVER_THE_FINE:
        words = Words(
            "停产停业、吊销许可证件的，当事人有权要求听证。",
            "A stop or a revocation carries the right to a hearing.",
        )
        return {"hearing_right": [words]}, applied
    least = large.value[f"{row.respondent_kind}_yuan"] if large else None
    if large is not None and given["notified_yuan"] >= least:
        words = Words(
            "罚款达到{n}元，当事人有权要求听证（{law}）。",
            "A fine of {n} yuan or more carries the right to a hearing ({law}).",
        )
        return {"hearing_right": [words.filled(n=least, law=Words(large.zh, large.en))]}, applied
    return {}, applied


def _time_to_respond(row: Any, given: dict[str, Any], told: date) -> tuple[Faults, list[dict[str, Any]]]:
    """Give at least the time of the law where a hearing may be asked for; elsewhere a day that lies ahead."""
    if given["hearing_right"] != YES:
        wrong = Words("不能早于告知日期。", "It cannot lie before the notice.")
        return ({"respond_by": [wrong]} if given["respond_by"] < told else {}), []
    least = rules.parameter("penalties.hearing_request", told, place_of(row))
    first = rules.due(told, least.duration()).due_date
    if first is not None and given["respond_by"] < first:
        words = Words(
            "有听证权利的，最早为 {day}（{law}）。", "With a right to a hearing, not before {day} ({law})."
        )
        return {"respond_by": [words.filled(day=first.isoformat(), law=Words(least.zh, least.en))]}, []
    return {}, [least.stored()]


def hearing_is_asked_in_time(taking: Taking) -> Verdict:
    """Refuse a hearing where no right was notified, or after its time."""
    row = taking.row
    if row.hearing_right != YES:
        return Verdict({"": [Words("告知书没有载明听证权利。", "The notice gave no right to a hearing.")]})
    if today_of(taking) > row.respond_by:
        words = Words("申请听证的期限已于 {day} 届满。", "The time to ask for a hearing ended on {day}.")
        return Verdict({"": [words.filled(day=row.respond_by.isoformat())]})
    return Verdict()


def hearing_is_called_in_time(taking: Taking) -> Verdict:
    """Demand the notice before a hearing, and a chair who did not investigate."""
    row, given = taking.row, taking.values
    least, faults = parameter_for("penalties.hearing_notice", row, taking.at), Faults()
    first = rules.due(today_of(taking), least.duration()).due_date
    if first is not None and given["hearing_on"] < first:
        words = Words(
            "须提前通知，最早为 {day}（{law}）。", "Notice is due before it: not before {day} ({law})."
        )
        faults["hearing_on"] = [words.filled(day=first.isoformat(), law=Words(least.zh, least.en))]
    if given["hearing_chair"] in (row.first_officer, row.second_officer):
        words = Words("听证由非本案调查人员主持。", "Who investigated does not chair the hearing.")
        faults["hearing_chair"] = [words]
    return Verdict(faults, [least.stored()])


def hearing_was_held(taking: Taking) -> Verdict:
    """Refuse the report of a hearing that was not called, or is still to come."""
    day = taking.row.hearing_on
    if day is None or day > today_of(taking):
        return Verdict({"": [Words("听证还没有举行。", "The hearing has not been held.")]})
    return Verdict()


def reviewer_is_another(taking: Taking) -> Verdict:
    """Refuse a legal review by who handles the case."""
    row = taking.row
    if taking.actor.post_id in (row.first_officer_id, row.second_officer_id):
        words = Words(
            "法制审核由承办人以外的人作出。", "Legal review is by somebody other than the two officers."
        )
        return Verdict({"": [words]})
    return Verdict()


def was_heard(taking: Taking) -> Verdict:
    """Refuse to go on while the party may still respond, unless it waived the rest in writing."""
    row = taking.row
    if row.waived or today_of(taking) > row.respond_by:
        return Verdict()
    words = Words(
        "当事人的期限到 {day} 为止，之后再办。", "The party may respond until {day}; go on after it."
    )
    return Verdict({"": [words.filled(day=row.respond_by.isoformat())]})


def decision_is_lawful(taking: Taking) -> Verdict:
    """Refuse a decision above what was notified, or outside the bracket."""
    row, fine = taking.row, taking.values["decided_yuan"]
    if fine > row.notified_yuan:
        words = Words(
            "不能高于告知的{n}元：有新事实的，先补充调查、重新告知。",
            "Not above the {n} yuan notified: where there are new facts, investigate and notify again first.",
        )
        return Verdict({"decided_yuan": [words.filled(n=row.notified_yuan)]})
    return fine_fits(row, "decided_yuan", fine, row.mitigation)


def served_on_a_day(taking: Taking) -> Verdict:
    """Refuse a day of service before the decision or after today."""
    return _between(taking, "served_on", taking.row.decided_on)


def deferral_is_ahead(taking: Taking) -> Verdict:
    """Refuse a new limit that is no later than the present one."""
    if taking.values["pay_by"] <= max(taking.row.pay_by, today_of(taking)):
        return Verdict(
            {"pay_by": [Words("应晚于现在的期限和今天。", "Later than the present limit, and than today.")]}
        )
    return Verdict()


def demand_is_due(taking: Taking) -> Verdict:
    """Refuse a demand before the fine is late."""
    if taking.row.pay_by >= today_of(taking):
        return Verdict({"": [Words("缴款期限还没有过。", "The time to pay has not passed.")]})
    return _between(taking, "demanded_on", taking.row.pay_by)


def court_may_be_asked(taking: Taking) -> Verdict:
    """Demand the time after a demand before a court is asked to enforce."""
    row = taking.row
    least = parameter_for("penalties.demand_before_court", row, taking.at)
    if row.demanded_on is None:
        return Verdict({"": [Words("先催告。", "Demand payment first.")]})
    last = rules.due(row.demanded_on, least.duration()).due_date
    if last is not None and today_of(taking) <= last:
        words = Words(
            "催告后到 {day} 仍未履行的，才能申请（{law}）。",
            "Only if not paid by {day} after the demand ({law}).",
        )
        return Verdict({"": [words.filled(day=last.isoformat(), law=Words(least.zh, least.en))]})
    return Verdict({}, [least.stored()])


def _between(taking: Taking, name: str, earliest: date) -> Verdict:
    if not earliest <= taking.values[name] <= today_of(taking):
        words = Words("应在 {day} 和今天之间。", "It lies between {day} and today.")
        return Verdict({name: [words.filled(day=earliest.isoformat())]})
    return Verdict()
