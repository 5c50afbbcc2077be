"""What a declaration of a loop may not be. Run when the class is made, so that a wrong loop never starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.core.exceptions import FieldDoesNotExist

from anlan.kernel.loops.due import ByDate

if TYPE_CHECKING:
    from anlan.kernel.loops.declaration import Loop


class DeclarationError(TypeError):
    """A loop was declared wrongly; every fault is listed."""

    def __init__(self, name: str, faults: list[str]) -> None:
        super().__init__(f"{name}: " + "; ".join(faults))
        self.faults = faults


def faults_of(loop: type[Loop], others: Iterable[type[Loop]] = ()) -> list[str]:
    """Return every fault of a declaration; ``others`` are the loops already declared."""
    return [
        *_states_without_clock(loop),
        *_unreachable(loop),
        *_without_end(loop),
        *_unknown_fields(loop),
        *_unknown_names(loop),
        *_taken_names(loop, others),
        *_unfit_for_sets(loop),
        *([] if loop.serves else ["serves no clause of the policy"]),
    ]


def _unfit_for_sets(loop: type[Loop]) -> Iterator[str]:
    for step in loop.steps.values():
        if step.in_sets and (step.verb or step.needs):
            yield f"step {step.name} cannot be taken in sets: a kernel verb, or one that needs evidence, writes more than the row"


def edges_of(loop: type[Loop]) -> set[tuple[str, str, str]]:
    """Return (from, to, step) for every step that moves the state."""
    edges = set()
    for step in loop.steps.values():
        sources = (
            step.source_states()
            if step.sources is not None
            else [s for s in loop.states.values() if not s.final]
        )
        edges |= {(source.name, step.to.name, step.name) for source in sources if step.to is not None}
    return edges


def _starts(loop: type[Loop]) -> set[str]:
    return {loop.opening.to.name} if loop.opening else set()


def _states_without_clock(loop: type[Loop]) -> Iterator[str]:
    for state in loop.states.values():
        if state.final and (state.awaits or state.due):
            yield f"final state {state.name} awaits somebody"
        if not state.final and state.awaits is None:
            yield f"open state {state.name} awaits nobody"
        if not state.final and state.due is None:
            yield f"open state {state.name} has no clock"
        if not state.final and state.due is not None and not state.late:
            yield f"lateness in state {state.name} does nothing"


def _unreachable(loop: type[Loop]) -> Iterator[str]:
    if not loop.opening:
        yield "has no opening"
        return
    reached, edges = _starts(loop), edges_of(loop)
    while True:
        more = {to for source, to, _ in edges if source in reached} - reached
        if not more:
            break
        reached |= more
    for name in loop.states:
        if name not in reached:
            yield f"state {name} cannot be reached"


def _without_end(loop: type[Loop]) -> Iterator[str]:
    edges = {(s, t) for s, t, step in edges_of(loop) if not loop.steps[step].verb}
    ending = {name for name, state in loop.states.items() if state.final}
    if not ending:
        yield "has no final state"
    while True:
        more = {source for source, to in edges if to in ending} - ending
        if not more:
            break
        ending |= more
    for name, state in loop.states.items():
        if not state.final and not any(source == name for source, _ in edges):
            yield f"state {name} is a dead end"
        elif name not in ending:
            yield f"from state {name} there is no way to an end"


def _unknown_fields(loop: type[Loop]) -> Iterator[str]:
    asked = [(step.name, name) for step in loop.steps.values() for name in step.field_names()]
    asked += [("opening", name) for name in (loop.opening.field_names() if loop.opening else [])]
    asked += [("columns", name) for name in (*loop.columns, *loop.facets)]
    asked += [("panels", name) for _, names in loop.panels for name in names]
    asked += [("sorts", name) for name in (*loop.sorts, loop.order.lstrip("-"))]
    clocks = [(state.name, state.due) for state in loop.states.values()]
    clocks += [(line.name, line.due) for line in loop.lines.values()]
    asked += [(f"the clock of {name}", due.column) for name, due in clocks if isinstance(due, ByDate)]
    asked += [("extend", verb.moves) for verb in loop.verbs if hasattr(verb, "moves")]
    for place, name in asked:
        try:
            loop.model._meta.get_field(name)
        except FieldDoesNotExist:
            yield f"{place} asks for the unknown field {name}"


def _unknown_names(loop: type[Loop]) -> Iterator[str]:
    known = {*loop.steps, "opened"}
    for step in loop.steps.values():
        for name in step.unlike:
            if name not in known:
                yield f"step {step.name} is unlike the unknown step {name}"
        for name in (*step.requires, *step.lifts, *([step.fulfils] if step.fulfils else [])):
            if name not in loop.lines:
                yield f"step {step.name} names the unknown line {name}"
    for line in loop.lines.values():
        for name in line.opens:
            if name not in known:
                yield f"line {line.name} is opened by the unknown step {name}"
        if not any(step.fulfils == line.name for step in loop.steps.values()):
            yield f"line {line.name} can never be done"
    for answer in loop.opened_by:
        if answer.step not in {*answer.loop.steps, "opened"}:
            yield f"answers to the unknown step {answer.step} of {answer.loop.slug}"
    yield from _foreign_states(loop)


def _foreign_states(loop: type[Loop]) -> Iterator[str]:
    own = set(map(id, loop.states.values()))
    for step in loop.steps.values():
        for state in [*step.source_states(), *([step.to] if step.to else [])]:
            if id(state) not in own:
                yield f"step {step.name} names a state of another loop"
    if loop.opening is not None and id(loop.opening.to) not in own:
        yield "the opening leads to a state of another loop"


def _taken_names(loop: type[Loop], others: Iterable[type[Loop]]) -> Iterator[str]:
    for other in others:
        if (other.__module__, other.__qualname__) == (loop.__module__, loop.__qualname__):
            continue
        if other.slug == loop.slug:
            yield f"the slug {loop.slug} is taken by {other.__name__}"
        if other.prefix == loop.prefix:
            yield f"the prefix {loop.prefix} is taken by {other.__name__}"
