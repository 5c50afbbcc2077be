"""Parts of pages that the generic ones cannot give: the lines of a task with their results."""

from __future__ import annotations

from typing import Any

from anlan.domains.checks.models import CheckTask
from anlan.kernel.registers.declaration import Section
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words


def of_task(row: CheckTask, actor: Actor) -> list[Section]:
    """Return the lines of a task, and the way to do it for those who may."""
    from anlan.domains.checks.actions import may_check
    from anlan.domains.checks.queries import lines_of

    context: dict[str, Any] = {
        "task": row,
        "lines": lines_of(row, actor),
        "may_check": may_check(row, actor) and not row.is_done,
    }
    return [Section(Words("检查项", "Lines"), "checks/lines.html", context)]
