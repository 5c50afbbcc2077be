"""Operations of migrations that add or remove an index, as Django's own, at a fraction of their cost in a new database.

Django draws the classes of a model and of all its relations anew after each of them. An index changes no field and no
relation: nothing a later operation reads of those classes is different with it.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import migrations, models
from django.db.migrations.state import ProjectState

Change = Callable[[list[models.Index]], list[models.Index]]


class AddIndex(migrations.AddIndex):
    """Add an index; the state of the models learns of it, their classes do not."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        _note(state, app_label, self.model_name_lower, lambda indexes: [*indexes, self.index])


class RemoveIndex(migrations.RemoveIndex):
    """Remove an index by its name; the state of the models learns of it, their classes do not."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        _note(
            state,
            app_label,
            self.model_name_lower,
            lambda indexes: [one for one in indexes if one.name != self.name],
        )


def _note(state: ProjectState, app_label: str, model: str, change: Change) -> None:
    options = state.models[app_label, model].options
    # A state is cloned with its lists shared: the list is replaced, never changed.
    options["indexes"] = change(options["indexes"])
