"""The figures of the policy, found here at the start as those of a domain are in its folder: the policy itself is no app."""

from anlan.policy import indicators

__all__ = ["indicators"]
