"""Errors of scope. Faces turn them into answers; nobody else catches them."""


class ScopeRequired(RuntimeError):
    """A query was made without saying for whom: use ``seen_by``, ``actable_by`` or ``unscoped("why")``."""
