"""Who may administer whom: administrators their territory, officers the enterprises they regulate, an enterprise its own.

Read off the actor and the party alone. Nobody gives themselves a post, and nobody gives more than their own reach.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.registers.errors import NotAllowed, NotSeen
from anlan.kernel.scope.actor import PERSONAL, Actor
from anlan.kernel.scope.models import Membership, Party, Person, Territory
from anlan.kernel.scope.parties import in_force
from anlan.kernel.scope.posts import ENTERPRISE_POSTS, OFFICERS
from anlan.kernel.scope.territory import under
from anlan.kernel.words import Words

_REFUSED = Words("您的岗位不能管理这里的人员与岗位。", "Your post may not administer people and posts here.")

# Which kinds of post a kind of party may have; departments besides by their level.
_KINDS: dict[str, frozenset[str]] = {
    "enterprise": ENTERPRISE_POSTS,
    "institution": frozenset({"institution_expert", "insurer"}),
    "village": frozenset({"grid_inspector"}),
}
_OF_LEVEL: dict[str, frozenset[str]] = {
    "province": frozenset({"province_officer", "administrator"}),
    "city": frozenset({"city_leader", "city_officer", "industry_officer", "administrator"}),
    "county": frozenset({"county_leader", "county_officer", "industry_officer", "administrator"}),
    "zone": frozenset({"county_leader", "county_officer", "industry_officer", "administrator"}),
    "township": frozenset({"township_officer", "grid_inspector"}),
    "village": frozenset({"grid_inspector"}),
}
# What each post of an enterprise may fill among its own people.
_OWN: dict[str, frozenset[str]] = {
    "main_person": ENTERPRISE_POSTS,
    "safety_officer": frozenset({"safety_officer", "worker"}),
}


def kinds_for(party: Party) -> frozenset[str]:
    """Return the kinds of post that a party may have at all."""
    return _KINDS.get(party.kind, _OF_LEVEL.get(party.level, frozenset()))


def kinds_given(actor: Actor, party: Party) -> frozenset[str]:
    """Return the kinds of post in a party that the actor may open, fill and close."""
    if administers(actor, party):
        return kinds_for(party)
    if party.kind != "enterprise":
        return frozenset()
    if actor.post_kind in OFFICERS and _is_regulated_by(actor, party):
        return ENTERPRISE_POSTS
    return _OWN.get(actor.post_kind, frozenset()) if party.pk in actor.party_ids else frozenset()


def administers(actor: Actor, party: Party) -> bool:
    """Say whether the actor is the administrator of the party's territory."""
    if actor.kind != "person" or actor.post_kind != "administrator" or not party.path:
        return False
    return any(party.path.startswith(prefix) for prefix in reach_of(actor))


def reach_of(actor: Actor) -> list[str]:
    """Return the paths of an administrator's territory (a zone has several)."""
    home = Territory.objects.filter(path=actor.home_path).first() if actor.home_path else None
    return home.prefixes() if home else []


def may_manage(actor: Actor, party: Party) -> bool:
    """Say whether the actor may administer posts and people of a party."""
    return bool(kinds_given(actor, party))


def manages_somewhere(actor: Actor) -> bool:
    """Say whether the actor's kind of post administers people anywhere, for the side order of the office."""
    return actor.post_kind in {"administrator", *_OWN, *OFFICERS}


def may_keep_accounts(actor: Actor, party: Party) -> bool:
    """Say whether the actor may make and unlock accounts for people of a party: administrators, and the main person."""
    own = actor.post_kind == "main_person" and party.kind == "enterprise" and party.pk in actor.party_ids
    return own or administers(actor, party)


def may_contact(actor: Actor, party: Party) -> bool:
    """Say whether the actor may open the telephone of a party's people (each time with a reason that is logged)."""
    if actor.kind != "person":
        return False
    granted = any(grant.ceiling >= PERSONAL and _covers(grant, party) for grant in actor.grants)
    return granted or party.pk in actor.party_ids or administers(actor, party)


def may_see(actor: Actor, party: Party) -> bool:
    """Say whether the actor may know the people and posts of a party."""
    if actor.kind != "person":
        return False
    seen = any(_covers(grant, party) for grant in actor.grants)
    return seen or party.pk in actor.party_ids or administers(actor, party)


def seen_parties(actor: Actor) -> Q:
    """Return the condition for parties whose people and posts the actor may administer."""
    if actor.post_kind == "administrator":
        condition = Q(pk__in=[])
        for prefix in reach_of(actor):
            condition |= under(prefix)
        return condition
    condition = Q(pk__in=actor.party_ids, kind="enterprise") if actor.post_kind in _OWN else Q(pk__in=[])
    if actor.post_kind in OFFICERS:
        for grant in actor.grants:
            if grant.act and grant.domain is None:
                sector = Q(sector=grant.sector) if grant.sector else Q()
                condition |= under(grant.path) & sector & Q(kind="enterprise")
    return condition


def managed_party(actor: Actor, pk: Any) -> Party:
    """Return a party the actor administers; raises NotSeen or NotAllowed."""
    party = Party.objects.filter(pk=as_uuid(pk)).select_related("territory").first()
    if party is None or not may_see(actor, party):
        raise NotSeen
    if not may_manage(actor, party):
        raise NotAllowed(_REFUSED)
    return party


def administered_party(actor: Actor, pk: Any) -> Party:
    """Return a party of which the actor is the administrator; raises NotSeen or NotAllowed."""
    party = Party.objects.filter(pk=as_uuid(pk)).select_related("territory").first()
    if party is None or not may_see(actor, party):
        raise NotSeen
    if not administers(actor, party):
        raise NotAllowed(_REFUSED)
    return party


def known_person(actor: Actor, pk: Any) -> Person:
    """Return a person who was ever in a post that the actor administers, or in none yet; raises NotSeen."""
    person = Person.objects.filter(pk=as_uuid(pk)).first()
    if person is None:
        raise NotSeen
    parties = list(Party.objects.filter(posts__memberships__person=person).distinct())
    if parties and not any(may_manage(actor, party) for party in parties):
        raise NotSeen
    return person


def person_with_account(actor: Actor, pk: Any) -> Person:
    """Return a person whose account the actor may keep: all their present posts must lie within the actor's reach.

    So that nobody comes into a higher post by resetting the password of someone who also fills a lower one.
    """
    person = known_person(actor, pk)
    if person.pk == actor.person_id:
        raise NotAllowed(
            Words("自己的账号在“我的设置”里管理。", "Your own account is kept in your settings.")
        )
    today = clock.today()
    later = Q(valid_from__gt=today) & (Q(valid_to=None) | Q(valid_to__gte=today))
    seats = Membership.objects.filter(in_force(today) | later, person=person).select_related("post__party")
    if not seats or not all(_within(actor, seat) for seat in seats):
        raise NotAllowed(
            Words("此人还担任您管辖之外的岗位。", "This person also fills posts outside your reach.")
        )
    return person


def _within(actor: Actor, seat: Membership) -> bool:
    party = seat.post.party
    return may_keep_accounts(actor, party) and seat.post.kind in kinds_given(actor, party)


def _is_regulated_by(actor: Actor, party: Party) -> bool:
    return any(grant.act and _covers(grant, party) for grant in actor.grants)


def _covers(grant: Any, party: Party) -> bool:
    """Say whether a grant reaches a party; sectors divide enterprises, departments are known to all who work there."""
    if not party.path or grant.domain is not None or not party.path.startswith(grant.path):
        return False
    return grant.sector is None or party.kind != "enterprise" or grant.sector == party.sector


def as_uuid(pk: Any) -> uuid.UUID:
    """Return an id; one that is none leads nowhere (NotSeen)."""
    try:
        return pk if isinstance(pk, uuid.UUID) else uuid.UUID(str(pk))
    except ValueError:
        raise NotSeen from None
