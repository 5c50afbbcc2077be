"""What a declaration may not be: each fault is named when the class is made, and a wrong loop never starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel.loops import graphing, loops
from anlan.kernel.loops.checking import DeclarationError, faults_of
from anlan.kernel.loops.declaration import AnswersTo, Loop, Opening, State, Step
from anlan.kernel.loops.due import DutyLine, date, overdue, rule
from anlan.kernel.loops.verbs import extend, withdraw
from anlan.kernel.scope.who import post, regulator

CLOCK = rule("hidden_dangers.review_within")


def sound() -> dict[str, Any]:
    """The smallest sound declaration; each case spoils one thing."""
    begun = State("开始", "Begun", awaits=regulator, due=CLOCK, late=[overdue()])
    ended = State("结束", "Ended", final=True)
    return {
        "begun": begun, "ended": ended,
        "opening": Opening("发起", "Open", begun, by=regulator, asks=["topic"]),
        "finish": Step("办结", "Finish", begun, ended, by=regulator, asks=["description"]),
        "columns": ("number",), "facets": ("state",), "panels": (),
    }  # fmt: skip


def declare(body: dict[str, Any], **options: str) -> type[Loop]:
    words: dict[str, Any] = {
        "zh": "试",
        "en": "Trial",
        "serves": "A15",
        "part": "prevention",
        "slug": "trial",
        "prefix": "SH",
    }
    return type("TrialLoop", (Loop,), body, of=HiddenDanger, **{**words, **options})


def spoil(name: str, **changes: Any) -> Callable[[dict[str, Any]], None]:
    """Replace fields of a state or step, keeping what refers to it."""

    def act(body: dict[str, Any]) -> None:
        for field, value in changes.items():
            object.__setattr__(body[name], field, value)

    return act


def add(name: str, make: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], None]:
    def act(body: dict[str, Any]) -> None:
        body[name] = make(body)

    return act


def line(**changes: Any) -> DutyLine:
    given = {"opens": ["opened"], "awaits": regulator, "due": CLOCK, **changes}
    return DutyLine("报告", "Report", **given)


CASES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "nobody awaited": (spoil("begun", awaits=None), "open state begun awaits nobody"),
    "no clock": (spoil("begun", due=None), "open state begun has no clock"),
    "lateness without effect": (spoil("begun", late=()), "lateness in state begun does nothing"),
    "awaited after the end": (spoil("ended", awaits=regulator), "final state ended awaits somebody"),
    "no opening": (lambda body: body.pop("opening"), "has no opening"),
    "unreachable": (add("lost", lambda b: State("失", "Lost", regulator, CLOCK, [overdue()])), "state lost cannot be reached"),
    "no end": (spoil("ended", final=False, awaits=regulator, due=CLOCK, late=[overdue()]), "has no final state"),
    "dead end": (
        lambda b: (
            b.update(stuck=State("卡", "Stuck", regulator, CLOCK, [overdue()])),
            b.update(into=Step("进", "Into", b["begun"], b["stuck"], by=regulator)),
        ),
        "state stuck is a dead end",
    ),
    "no way out": (
        lambda b: (
            b.update(one=State("一", "One", regulator, CLOCK, [overdue()])),
            b.update(two=State("二", "Two", regulator, CLOCK, [overdue()])),
            b.update(into=Step("进", "Into", b["begun"], b["one"], by=regulator)),
            b.update(to_two=Step("去", "Go", b["one"], b["two"], by=regulator)),
            b.update(back=Step("回", "Back", b["two"], b["one"], by=regulator)),
        ),
        "from state one there is no way to an end",
    ),
    "only a verb ends it": (
        lambda b: (b.pop("finish"), b.update(verbs=[withdraw(of=b["begun"], to=b["ended"])])), "state begun is a dead end",
    ),
    "unknown field asked": (spoil("finish", asks=["no_such"]), "finish asks for the unknown field no_such"),
    "unknown optional field": (spoil("finish", optional=["no_such"]), "finish asks for the unknown field no_such"),
    "opening asks unknown": (spoil("opening", asks=["no_such"]), "opening asks for the unknown field no_such"),
    "unknown column": (lambda b: b.update(columns=("no_such",)), "columns asks for the unknown field no_such"),
    "unknown facet": (lambda b: b.update(facets=("no_such",)), "columns asks for the unknown field no_such"),
    "unknown sort": (lambda b: b.update(sorts=("no_such",)), "sorts asks for the unknown field no_such"),
    "unknown panel": (lambda b: b.update(panels=((None, ("no_such",)),)), "panels asks for the unknown field no_such"),
    "clock of an unknown column": (spoil("begun", due=date("no_such")), "the clock of begun asks for the unknown field no_such"),
    "extends an unknown column": (
        lambda b: b.update(verbs=[extend(b["begun"], "no_such", regulator, regulator, "x.y", "x.z", CLOCK)]),
        "extend asks for the unknown field no_such",
    ),
    "unlike an unknown step": (spoil("finish", unlike=["no_such"]), "step finish is unlike the unknown step no_such"),
    "requires an unknown line": (spoil("finish", requires=["no_such"]), "step finish names the unknown line no_such"),
    "fulfils an unknown line": (spoil("finish", fulfils="no_such"), "step finish names the unknown line no_such"),
    "line never done": (add("report", lambda b: line()), "line report can never be done"),
    "line opened by nothing": (
        lambda b: (b.update(report=line(opens=["no_such"])), object.__setattr__(b["finish"], "fulfils", "report")),
        "line report is opened by the unknown step no_such",
    ),
    "answers to nothing": (
        lambda b: b.update(opened_by=(AnswersTo(HiddenDangerLoop, "no_such"),)), "answers to the unknown step no_such",
    ),
    "a state of another loop": (spoil("finish", to=HiddenDangerLoop.closed), "step finish names a state of another loop"),
    "opens into another loop": (spoil("opening", to=HiddenDangerLoop.reported), "the opening leads to a state of another loop"),
}  # fmt: skip


def test_the_smallest_sound_declaration_has_no_fault() -> None:
    """Guard of the cases below: each spoils exactly something that was right."""

    class Bare:
        pass

    loop: Any = type("BareLoop", (Bare,), {})
    body = sound()
    for name, value in body.items():
        if hasattr(value, "__set_name__"):
            value.__set_name__(loop, name)
        setattr(loop, name, value)
    loop.model, loop.serves, loop.slug, loop.prefix = HiddenDanger, "A15", "trial", "SH"
    loop.verbs, loop.opened_by, loop.lines, loop.sorts, loop.order = (), (), {}, (), "number"
    loop.states = {"begun": body["begun"], "ended": body["ended"]}
    loop.steps = {"finish": body["finish"]}
    assert faults_of(loop) == []


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_declaration_is_refused_in_words(case: str) -> None:
    act, fault = CASES[case]
    body = sound()
    act(body)
    declared = set(loops())
    with pytest.raises(DeclarationError) as refused:
        declare(body)
    assert any(fault in found for found in refused.value.faults), refused.value.faults
    assert set(loops()) == declared, "a refused loop is not known"
    assert HiddenDanger.loop is HiddenDangerLoop


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"serves": ""}, "serves no clause"),
        ({"slug": "hidden-dangers"}, "the slug hidden-dangers is taken"),
        ({"prefix": "YH"}, "the prefix YH is taken"),
    ],
)
def test_a_loop_has_its_own_name_and_serves_a_clause(options: dict[str, str], fault: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        declare(sound(), **options)
    assert any(fault in found for found in refused.value.faults)


def test_every_fault_is_told_at_once() -> None:
    body = sound()
    spoil("begun", awaits=None, due=None)(body)
    with pytest.raises(DeclarationError) as refused:
        declare(body)
    assert len(refused.value.faults) >= 2


def test_an_unknown_kind_of_post_is_refused() -> None:
    with pytest.raises(ValueError, match="wizard"):
        post("wizard")


# --- pictures and tables read off the declaration


@pytest.mark.parametrize("loop", list(loops()), ids=lambda loop: loop.slug)
def test_the_diagram_shows_every_state_and_every_moving_step(loop: type[Loop]) -> None:
    text = graphing.state_diagram(loop)
    for state in loop.states.values():
        assert f'"{state.zh} {state.en}" as {state.name}' in text
    for step in loop.steps.values():
        if step.to is not None:
            assert f"--> {step.to.name}: {step.zh}" in text


def test_the_arrows_between_loops_are_drawn() -> None:
    assert "hidden_dangers -- 定为重大隐患 --> listed_supervision" in graphing.between_loops()


@pytest.mark.parametrize("loop", list(loops()), ids=lambda loop: loop.slug)
def test_the_permission_table_marks_exactly_who_may_ever(loop: type[Loop]) -> None:
    for name, marks in graphing.permissions(loop):
        step = loop.opening if name == "opened" else loop.steps[name]
        assert step is not None
        assert {kind for kind, mark in marks.items() if mark} == step.by.kinds()


def test_the_committed_pages_are_what_the_declarations_say() -> None:
    from anlan.faces.cli.loops import _check

    assert _check() == 0, "run ./anlan loops write"
