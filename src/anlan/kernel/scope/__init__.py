"""Scope (管辖): who sees a row and who must act on it, decided from columns of the row alone.

Territory, parties, posts and memberships over time; the default manager that denies; the responsibility resolver.
Serves articles 3–5 (who is responsible for what) and every other article through visibility.
Never ambient: the actor is always an argument.
"""

from anlan.kernel.scope.actor import CLOCK, NOBODY, Actor, Grant
from anlan.kernel.scope.errors import ScopeRequired

__all__ = ["CLOCK", "NOBODY", "Actor", "Grant", "ScopeRequired"]
