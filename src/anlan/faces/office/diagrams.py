"""A loop as a drawing: states left to right, steps between them, "you are here"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from anlan.faces.office.shapes import Diagram, Edge, Node

WIDTH, HEIGHT = 140, 46
GAP_X, GAP_Y = 94, 44
MARGIN = 14
ARCH = 34  # how far one arc stands off the next


def diagram_of(loop: Any, here: str = "", visited: Sequence[str] = ()) -> Diagram:
    """Return the drawing of a loop; ``here`` is the present state, ``visited`` those already passed."""
    edges = _edges(loop)
    # States that only a kernel verb leads to (withdrawn) are drawn when the matter is there.
    linked = {name for pair in edges for name in pair} | {here}
    names = [name for name in loop.states if name in linked]
    ranks = _ranks(loop, names)
    columns: dict[int, list[str]] = defaultdict(list)
    for name in names:
        columns[ranks[name]].append(name)
    above = MARGIN + ARCH * (0.7 + sum(1 for s, t in edges if ranks[t] > ranks[s] + 1))
    rows = max(len(names) for names in columns.values())
    places = {
        name: (MARGIN + rank * (WIDTH + GAP_X), above + row * (HEIGHT + GAP_Y))
        for rank, names in columns.items()
        for row, name in enumerate(names)
    }
    drawn, lowest = _draw(edges, ranks, places, above + rows * (HEIGHT + GAP_Y))
    width = MARGIN * 2 + len(columns) * WIDTH + (len(columns) - 1) * GAP_X
    nodes = [_node(loop, name, places[name], here, visited) for name in names]
    return Diagram(width, lowest + MARGIN, nodes, drawn, _summary(loop, here))


def _edges(loop: Any) -> dict[tuple[str, str], list[str]]:
    """Return the steps between each pair of states; the kernel's verbs are left out, they would hide the way."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for step in loop.steps.values():
        if step.verb or step.to is None:
            continue
        for source in step.source_states():
            found[(source.name, step.to.name)].append(str(step.words))
    return found


def _ranks(loop: Any, order: list[str]) -> dict[str, int]:
    """Return the column of each state: how many steps the straight way takes to it."""
    place = {name: index for index, name in enumerate(order)}
    ranks = {order[0]: 0} if not loop.opening else {loop.opening.to.name: 0}
    edges = list(_edges(loop))
    for _round in order:
        for source, target in edges:
            if source in ranks and place[target] > place[source]:
                ranks[target] = max(ranks.get(target, 0), ranks[source] + 1)
    last = max(ranks.values(), default=0)
    for name in order:
        ranks.setdefault(name, last + (1 if loop.states[name].final else 0))
    used = sorted(set(ranks.values()))
    return {name: used.index(rank) for name, rank in ranks.items()}


def _node(loop: Any, name: str, place: tuple[float, float], here: str, visited: Sequence[str]) -> Node:
    state = loop.states[name]
    classes = [
        word
        for word, said in (("here", name == here), ("past", name in visited), ("final", state.final))
        if said
    ]
    who = _short(str(state.awaits.words()) if state.awaits else _("终态"), 11)
    return Node(name, _short(str(state.words), 14), who, *place, " ".join(classes))


def _short(text: str, most: int) -> str:
    room = most if not text.isascii() else most * 2 - 4
    return text if len(text) <= room else text[: room - 1] + "…"


def _draw(edges: dict[tuple[str, str], list[str]], ranks: dict[str, int], places: dict[str, tuple[float, float]],
          bottom: float) -> tuple[list[Edge], float]:  # fmt: skip
    """Draw each pair once: straight to the next column, over the top when leaping, beneath when going back."""
    drawn: list[Edge] = []
    over, under = 0, 0
    for (source, target), names in edges.items():
        words = _short(" / ".join(names), 18 if abs(ranks[target] - ranks[source]) > 1 else 8)
        (x1, y1), (x2, y2) = places[source], places[target]
        ahead = ranks[target] - ranks[source]
        if source == target:
            continue
        if ahead == 1:
            drawn.append(_straight(x1, y1, x2, y2, words))
        elif ahead == 0 and y2 - y1 == HEIGHT + GAP_Y:
            x, middle = x1 + WIDTH / 2, (y1 + HEIGHT + y2) / 2
            drawn.append(Edge(f"M{x:.0f} {y1 + HEIGHT:.0f}V{y2 - 2:.0f}", words, x, middle + 4))
        elif ahead > 1:
            over += 1
            drawn.append(_arc(x1, y1, x2, y2, min(y1, y2) - ARCH * over, words, "", top=True))
        else:
            under += 1
            level = bottom - GAP_Y + ARCH * (under - 0.35)
            drawn.append(_arc(x1, y1 + HEIGHT, x2, y2 + HEIGHT, level, words, "back", top=False))
    return drawn, bottom - GAP_Y + ARCH * (under + 0.2 if under else 0) + 6


def _straight(x1: float, y1: float, x2: float, y2: float, words: str) -> Edge:
    sx, sy, tx, ty = x1 + WIDTH, y1 + HEIGHT / 2, x2 - 2, y2 + HEIGHT / 2
    middle = (sx + tx) / 2
    path = f"M{sx:.0f} {sy:.0f}C{middle:.0f} {sy:.0f} {middle:.0f} {ty:.0f} {tx:.0f} {ty:.0f}"
    return Edge(path, words, middle, (sy + ty) / 2 - 6)


def _arc(
    x1: float, y1: float, x2: float, y2: float, level: float, words: str, css: str, *, top: bool
) -> Edge:
    shift = 22 if top else -22
    sx, tx = x1 + WIDTH / 2 + shift, x2 + WIDTH / 2 - shift
    path = f"M{sx:.0f} {y1:.0f}V{level + (10 if top else -10):.0f}Q{sx:.0f} {level:.0f} "
    step = 10 if tx > sx else -10
    path += f"{sx + step:.0f} {level:.0f}H{tx - step:.0f}Q{tx:.0f} {level:.0f} {tx:.0f} {level + (10 if top else -10):.0f}"
    path += f"V{y2 + (-2 if top else 2):.0f}"
    return Edge(path, words, (sx + tx) / 2, level + 4, css)


def _summary(loop: Any, here: str) -> str:
    states = _("、").join(str(state.words) for state in loop.states.values())
    if here in loop.states:
        return _("环节：%(states)s；当前：%(here)s") % {"states": states, "here": loop.states[here].words}
    return _("环节：%(states)s") % {"states": states}
