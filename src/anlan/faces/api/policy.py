"""The policy for programs: every requirement, its state, what realises it, who is responsible; and how far the whole is met.

Open to everybody; figures of an indicator or a list are read where they live. Serves A1.2.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from anlan.faces.api import schemas
from anlan.faces.api.declared import query, taking
from anlan.faces.api.operations import Adder
from anlan.faces.api.shapes import answer
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.words import Words
from anlan.policy.coverage import STATES, Coverage, Standing, by_article, coverage, standings
from anlan.policy.responsible import actors

_NO_STATE = Words("没有这种状态。", "There is no such state.")
_STATE = query(
    "state",
    {"type": "string", "enum": list(STATES)},
    "只要处于这些状态的要求 / Only requirements in these states",
    many=True,
)


class CoverageOut(BaseModel):
    """How many requirements stand in which state."""

    total: int
    realised: int
    partly: int
    not_yet: int
    none: int = Field(description="不需要软件 / No software needed")


class ArticleOut(BaseModel):
    """One article and how far it is realised."""

    key: str
    number: int | None
    title: schemas.Bilingual
    part: schemas.Bilingual
    coverage: CoverageOut


class RealiserOut(BaseModel):
    """One thing that realises a requirement."""

    kind: str = Field(description="register, loop, duty, rule, calculator, indicator, page, command")
    name: str
    words: schemas.Bilingual


class AnswerableOut(BaseModel):
    """Whom the policy makes responsible."""

    key: str
    words: schemas.Bilingual


class RequirementOut(BaseModel):
    """One requirement as it stands."""

    key: str
    article: str
    words: schemas.Bilingual
    types: list[str]
    actors: list[AnswerableOut]
    deadline: str | None
    state: str = Field(description="realised, partly, not_yet, none")
    realised_by: list[RealiserOut]
    note: schemas.Bilingual | None = Field(
        description="还缺什么，或为什么不需要软件 / What is missing, or why none"
    )


class PolicyOut(BaseModel):
    """The policy: how far it is realised, by article, and every requirement."""

    coverage: CoverageOut
    articles: list[ArticleOut]
    requirements: list[RequirementOut]


def router() -> Router:
    """Return the router of the policy."""
    found = Router(tags=["policy"])
    Adder(found, "policy").get(
        "/policy",
        catalogue,
        PolicyOut,
        "政策及其落实 / The policy and what realises it",
        taking(None, [_STATE]),
        auth=None,
    )
    return found


def catalogue(request: HttpRequest) -> HttpResponse:
    """Answer the whole table with its coverage; the requirements narrowed to some states where any are named."""
    found, states = standings(), set(request.GET.getlist("state"))
    if states - set(STATES):
        raise Invalid({"state": [_NO_STATE]})
    return answer(
        {
            "coverage": _coverage(coverage(found.values())),
            "articles": [
                {
                    "key": article.key,
                    "number": article.number,
                    "title": article.title.both(),
                    "part": article.part.both(),
                    "coverage": _coverage(covered),
                }
                for article, covered in by_article(found)
            ],
            "requirements": [
                _requirement(one) for one in found.values() if not states or one.state in states
            ],
        }
    )


def _coverage(found: Coverage) -> dict[str, int]:
    return {"total": found.total, **{state: found.counts[state] for state in STATES}}


def _requirement(one: Standing) -> dict[str, Any]:
    clause = one.clause
    return {
        "key": clause.key,
        "article": clause.article_key,
        "words": clause.words.both(),
        "types": list(clause.types),
        "actors": [{"key": key, "words": _actor(key).both()} for key in clause.actors],
        "deadline": clause.deadline or None,
        "state": one.state,
        "realised_by": [
            {"kind": name.kind, "name": name.name, "words": name.words.both()} for name in one.by
        ],
        "note": one.note.both() if one.note else None,
    }


def _actor(key: str) -> Words:
    said = actors()[key]
    return Words(said["zh"], said["en"])
