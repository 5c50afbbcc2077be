"""Declarations as pictures and tables: the state diagram of a loop, the arrows between loops, who may take which step.

All of it is read off the declarations; ``docs/loops/`` holds what this module writes, and a check compares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from anlan.kernel.loops.declaration import Loop, Opening, State, Step, loops
from anlan.kernel.loops.due import ByDate, DueBy, Late
from anlan.kernel.registers.declaration import clauses_of
from anlan.kernel.scope.posts import POST_KINDS
from anlan.kernel.scope.who import Who

NOTE = "<!-- Written by `./anlan loops write` from the declaration; do not edit. -->"
MAY, AWAITED = "○", "●"
STEP_HEAD = ("步骤 Step", "从 From", "到 To", "由 By", "材料 Needs", "须先 Requires", "不同于 Unlike")


def state_diagram(loop: type[Loop]) -> str:
    """Return the Mermaid state diagram of a loop: every state, every step that moves it."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state.zh} {state.en}" as {state.name}' for state in loop.states.values()]
    if loop.opening:
        lines.append(f"    [*] --> {loop.opening.to.name}: {loop.opening.zh}")
    for step in loop.steps.values():
        for source in _sources(loop, step):
            if step.to is not None:
                lines.append(f"    {source.name} --> {step.to.name}: {step.zh}")
    lines += [f"    {state.name} --> [*]" for state in loop.states.values() if state.final]
    return "\n".join(lines)


def between_loops(chosen: Iterable[type[Loop]] | None = None) -> str:
    """Return the Mermaid flow chart of which loop opens matters of which other, and by which step."""
    found = list(chosen or loops())
    lines = ["flowchart LR"]
    lines += [f'    {_node(loop)}["{loop.words.zh} {loop.words.en}"]' for loop in found]
    for loop in found:
        for answer in loop.opened_by:
            act = answer.loop.steps[answer.step].zh if answer.step in answer.loop.steps else answer.step
            lines.append(f"    {_node(answer.loop)} -- {act} --> {_node(loop)}")
    return "\n".join(lines)


def permissions(loop: type[Loop]) -> list[tuple[str, dict[str, str]]]:
    """Return (step, {kind of post: mark}) for the opening and every step; the step's ``by`` narrows it by row."""
    awaited = {
        (state.name, kind) for state in loop.states.values() if state.awaits for kind in state.awaits.kinds()
    }
    rows: list[tuple[str, dict[str, str]]] = []
    if loop.opening:
        rows.append(("opened", _marks(loop.opening.by, set())))
    for step in loop.steps.values():
        waiting = {
            kind for source in _sources(loop, step) for kind in POST_KINDS if (source.name, kind) in awaited
        }
        rows.append((step.name, _marks(step.by, waiting if step.main else set())))
    return rows


def page_of(loop: type[Loop]) -> str:
    """Return the generated page of one loop, in Markdown."""
    parts = [
        NOTE,
        f"# {loop.words.zh} {loop.words.en}",
        f"`{loop.slug}` · `{loop.prefix}` · {', '.join(clauses_of(loop.serves))}",
        f"```mermaid\n{state_diagram(loop)}\n```",
        _table(
            ("状态 State", "由谁办理 Awaited", "期限 Due", "逾期 Lateness"),
            map(_state_row, loop.states.values()),
        ),
        _lines_table(loop),
        _table(STEP_HEAD, _step_rows(loop)),
        permission_table(loop),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def permission_table(loop: type[Loop]) -> str:
    """Return step × kind of post as a Markdown table: ○ may, ● is also awaited for it."""
    kinds = list(POST_KINDS)
    rows = [(f"`{name}`", *(marks[kind] for kind in kinds)) for name, marks in permissions(loop)]
    return _table((loop.words.zh, *(POST_KINDS[kind].words.zh for kind in kinds)), rows)


def pages() -> dict[str, str]:
    """Return every generated page by file name."""
    whole = f"{NOTE}\n\n# 闭环 Loops\n\n```mermaid\n{between_loops()}\n```\n\n"
    listed = "".join(f"- [{loop.words.zh} {loop.words.en}]({loop.slug}.md)\n" for loop in loops())
    return {"README.md": whole + listed} | {f"{loop.slug}.md": page_of(loop) for loop in loops()}


def _marks(by: Who, awaited: set[str]) -> dict[str, str]:
    may = by.kinds()
    return {kind: (AWAITED if kind in awaited else MAY) if kind in may else "" for kind in POST_KINDS}


def _sources(loop: type[Loop], step: Step) -> list[State]:
    if step.sources is not None:
        return step.source_states()
    return [state for state in loop.states.values() if not state.final]


def _node(loop: type[Loop]) -> str:
    return loop.slug.replace("-", "_")


def _state_row(state: State) -> tuple[str, ...]:
    awaits = f"{state.awaits.words().zh} {state.awaits.words().en}" if state.awaits else "—"
    return (f"`{state.name}` {state.zh} {state.en}", awaits, _due(state.due), _late(state.late))


def _lines_table(loop: type[Loop]) -> str:
    rows = [
        (f"`{line.name}` {line.zh} {line.en}", f"{line.awaits.words().zh} {line.awaits.words().en}", _due(line.due),
         ", ".join(f"`{name}`" for name in line.opens), ", ".join(clauses_of(line.serves)))
        for line in loop.lines.values()
    ]  # fmt: skip
    head = ("并行义务 Parallel duty", "由谁办理 Awaited", "期限 Due", "起于 Opened by", "条款 Clause")
    return _table(head, rows) if rows else ""


def _step_rows(loop: type[Loop]) -> Iterator[tuple[str, ...]]:
    if loop.opening:
        yield _step_row("opened", loop.opening, "—", loop.opening.to.name, (), ())
    for step in loop.steps.values():
        anywhere = "任意 any" if step.any_time else "未办结 open"
        sources = ", ".join(source.name for source in step.source_states()) or anywhere
        yield _step_row(
            step.name, step, sources, step.to.name if step.to else "—", step.requires, step.unlike
        )


def _step_row(
    name: str, step: Step | Opening, sources: str, to: str, requires: Iterable[str], unlike: Iterable[str]
) -> tuple[str, ...]:
    needs = ", ".join(
        f"{need.words.zh} {need.words.en}" + ("" if need.required else " ?") for need in step.needs
    )
    by = f"{step.by.words().zh} {step.by.words().en}"
    return (f"`{name}` {step.zh} {step.en}", sources, to, by, needs, ", ".join(requires), ", ".join(unlike))


def _due(due: DueBy | None) -> str:
    if due is None:
        return "—"
    return f"`{due.column}`" if isinstance(due, ByDate) else ", ".join(f"`{key}`" for key in due.rule_keys())


def _late(levels: Iterable[Late]) -> str:
    return ", ".join(level.name + (f" `{level.rule}`" if level.rule else "") for level in levels) or "—"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)
