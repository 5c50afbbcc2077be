"""Errors of keeping registers and matters. Faces turn each into one answer in the user's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from anlan.kernel.words import Words


class KeepingError(Exception):
    """Base: ``code`` is stable for programs, ``words`` is for people."""

    code = "refused"
    status = 400

    def __init__(self, words: Words) -> None:
        super().__init__(words.zh)
        self.words = words

    def __reduce__(self) -> tuple[Any, ...]:
        """Tell it to another process."""
        return type(self), (self.words,)


class NotSeen(KeepingError):
    """The row does not exist for this actor; existence is not told."""

    code = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__(Words("没有找到，或不在您的管辖范围内。", "Not found, or outside your scope."))

    def __reduce__(self) -> tuple[Any, ...]:
        """Tell it to another process."""
        return type(self), ()


class NotAllowed(KeepingError):
    """The actor sees the row but may not do this."""

    code = "not_allowed"
    status = 403


class Changed(KeepingError):
    """Somebody else was first; ``since`` lists what changed after the version the actor had read."""

    code = "changed_meanwhile"
    status = 409

    def __init__(self, words: Words, since: Sequence[Any] = ()) -> None:
        super().__init__(words)
        self.since = list(since)


class Invalid(KeepingError):
    """What was given does not do; ``errors`` maps a field (or ``""``) to the reasons, ``sound`` holds what would do."""

    code = "invalid"
    status = 422

    def __init__(
        self, errors: Mapping[str, Sequence[Words | str]], sound: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(Words("有内容需要修改。", "Some entries need correcting."))
        self.errors: dict[str, list[Words | str]] = {
            field: list(reasons) for field, reasons in errors.items()
        }
        self.sound: Mapping[str, Any] = sound or {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Tell it to another process: what is wrong, not the values that would do."""
        return type(self), (self.errors,)
