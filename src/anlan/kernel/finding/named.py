"""What has a name and is no record: places, government bodies, people in posts, rules. Small lists, looked through whole.

Who works where is told of one's own body and of government bodies alone; a person's other data are never part of a hit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.finding.question import Question
from anlan.kernel.rules.book import catalogue
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Membership, Party, Person, Post, Territory
from anlan.kernel.scope.parties import Characters, in_force
from anlan.kernel.words import Words

GOVERNMENT = ("government", "department", "village")


@dataclass(frozen=True)
class FoundRule:
    """A rule or a law by its key and name; ``law`` is the law a rule hangs on, by its key."""

    key: str
    words: Words
    law: str
    law_words: Words


def places(question: Question, actor: Actor, most: int) -> list[Territory]:
    """Return territories in the actor's own one whose name holds the words or whose code begins with them."""
    rows = Territory.objects.filter(_named("name", question) | Q(code__startswith=question.exact))
    if actor.home_path:
        rows = rows.filter(path__startswith=actor.home_path)
    return list(rows.select_related("parent").order_by("path")[:most])


def bodies(question: Question, most: int) -> list[Party]:
    """Return government bodies by name: which ones there are is public."""
    rows = Party.objects.filter(_named("name", question), kind__in=GOVERNMENT, valid_to=None)
    return list(rows.select_related("territory").order_by("path", "name")[:most])


def people(question: Question, actor: Actor, most: int) -> list[Membership]:
    """Return who fills posts today, by name of the person or title of the post: of the actor's own bodies and of government."""
    if actor.kind != "person":
        return []
    rows = Membership.objects.filter(in_force(clock.today()), post__closed_on=None)
    rows = rows.select_related("person", "post__party__territory")
    # Two questions: as two alternatives of one they would read every post of every enterprise. Of each the few rows by which
    # somebody is found are looked up first: the posts of government bodies, the people who bear the characters of the name.
    ruling = Party.objects.filter(kind__in=GOVERNMENT).order_by().values("pk")
    near = Q(party__in=actor.party_ids) | Q(party__pk__any=ArraySubquery(ruling))
    titled = Post.objects.filter(near, _named("title", question), closed_on=None).values("pk")
    named = Person.objects.alias(characters=Characters("name")).filter(
        _named("name", question), Q(characters__contains=_characters(question))
    )
    ways = (
        Q(post__pk__any=ArraySubquery(titled)),
        Q(person__pk__any=ArraySubquery(named.values("pk")))
        & (Q(post__party__in=actor.party_ids) | Q(post__party__kind__in=GOVERNMENT)),
    )
    found = {
        one.pk: one for way in ways for one in rows.filter(way).order_by("post__party__path", "pk")[:most]
    }
    return sorted(found.values(), key=lambda one: (one.post.party.path, one.pk))[:most]


def _characters(question: Question) -> list[str]:
    """Return the characters that stand in every name which answers; of capitals those that are the same everywhere."""
    text = "".join(question.words) or question.exact
    return sorted({one.upper() for one in text if one.isalnum() and (one.isascii() or one == one.upper())})


def rules_of(question: Question, most: int) -> Sequence[FoundRule]:
    """Return rules in force and laws whose name holds the words."""
    book, found = catalogue(), []
    for key, law in book.instruments.items():
        if question.is_met_by(f"{law.title_zh} {law.title_en} {law.number}"):
            words = Words(law.title_zh, law.title_en)
            found.append(FoundRule(key, words, key, words))
    for key in book.names():
        rule = book.versions(key)[-1]
        if question.is_met_by(f"{rule.zh} {rule.en}"):
            law = rule.citation.instrument
            found.append(FoundRule(key, Words(rule.zh, rule.en), law.key, Words(law.title_zh, law.title_en)))
    return found[:most]


def _named(column: str, question: Question) -> Q:
    """Return the condition that a name holds the exact run, or all the words."""
    exact, apart = Q(), Q()
    for run in question.exact.split():
        exact &= Q(**{f"{column}__icontains": run})
    for word in question.words:
        apart &= Q(**{f"{column}__icontains": word})
    return exact | apart if question.words else exact
