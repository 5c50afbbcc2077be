"""The tables of scope, gathered for Django; each lives in the file that explains it."""

from anlan.kernel.scope.parties import Membership, Party, PartyName, PartySuccession, Person, Post, Remit
from anlan.kernel.scope.scoped import ScopedModel
from anlan.kernel.scope.territory import Territory, TerritoryCode, ZoneMember
from anlan.kernel.scope.touched import Touched
from anlan.kernel.scope.tree import TreeStamp

__all__ = [
    "Membership",
    "Party",
    "PartyName",
    "PartySuccession",
    "Person",
    "Post",
    "Remit",
    "ScopedModel",
    "Territory",
    "TerritoryCode",
    "Touched",
    "TreeStamp",
    "ZoneMember",
]
