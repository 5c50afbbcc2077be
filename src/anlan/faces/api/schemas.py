"""Schemas of bodies and answers, generated per declaration: types, lengths, choices and both languages from FieldSpec.

They describe; they do not judge. What comes in is judged by the one form that the pages use as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from anlan.faces.api.subjects import ApiSubject
from anlan.kernel.loops.declaration import Ask, Opening, Step
from anlan.kernel.registers import FieldSpec
from anlan.kernel.words import Words

DECIMAL = r"^-?\d+(\.\d+)?$"


class Closed(BaseModel):
    """A body: unknown names are refused."""

    model_config = ConfigDict(extra="forbid")


class Bilingual(BaseModel):
    """Words in Chinese and English."""

    zh: str
    en: str


class Reference(BaseModel):
    """A row referred to."""

    id: str
    name: str


class PlaceReference(Reference):
    """A territory referred to."""

    code: str


class Problem(BaseModel):
    """RFC 9457 problem; ``code`` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: dict[str, list[str]] | None = None


def described(spec: FieldSpec) -> str:
    """Return the description of a field: label, unit, help, choices, in both languages."""
    parts = [_both(spec.label)]
    if spec.unit is not None:
        parts.append(f"[{_both(spec.unit)}]")
    if isinstance(spec.help, Words):
        parts.append(f"— {_both(spec.help)}")
    if spec.choices:
        parts.append("; ".join(f"`{value}` {_both(words)}" for value, words in spec.choices))
    return " ".join(parts)


def _both(words: Words) -> str:
    return words.zh if words.zh == words.en else f"{words.zh} / {words.en}"


def _string(**more: Any) -> Any:
    return Annotated[str, Field(json_schema_extra=more)] if more else str


def read_type(spec: FieldSpec) -> Any:
    """Return the type of a field in an answer."""
    types: dict[str, Any] = {
        "flag": bool, "whole_number": int, "number": Annotated[str, Field(pattern=DECIMAL)],
        "date": _string(format="date"), "instant": _string(format="date-time"), "territory": PlaceReference,
        "party": Reference, "post": Reference, "reference": Reference, "identifier": _string(format="uuid"),
    }  # fmt: skip
    if spec.kind == "choice":
        return Literal[tuple(dict.fromkeys([*(value for value, _ in spec.choices), ""]))]
    return types.get(spec.kind, str)


def write_type(spec: FieldSpec) -> Any:
    """Return the type of a field in a body."""
    types: dict[str, Any] = {
        "flag": bool, "whole_number": int, "number": int | float | Annotated[str, Field(pattern=DECIMAL)],
        "date": _string(format="date"), "instant": _string(format="date-time"), "party": _string(format="uuid"),
        "post": _string(format="uuid"), "reference": _string(format="uuid"), "identifier": _string(format="uuid"),
    }  # fmt: skip
    if spec.kind == "choice":
        return Literal[tuple(value for value, _ in spec.choices)]
    if spec.kind in types:
        return types[spec.kind]
    return Annotated[str, Field(max_length=spec.max_length)] if spec.max_length else str


def body_model(
    name: str, specs: Iterable[FieldSpec], required: Mapping[str, bool], about: Words
) -> type[BaseModel]:
    """Return the model of a body of fields."""
    fields: dict[str, Any] = {}
    for spec in specs:
        needed = required.get(spec.name, spec.required) and spec.kind != "flag"
        kind = write_type(spec)
        fields[spec.name] = (
            (kind, Field(description=described(spec)))
            if needed
            else (kind | None, Field(None, description=described(spec)))
        )
    return create_model(name, __base__=Closed, __doc__=_both(about), **fields)


def ask_fields(asks: Iterable[Ask]) -> dict[str, Any]:
    """Return the fields of what a step asks beyond the model."""
    kinds: dict[str, Any] = {"date": _string(format="date"), "party": _string(format="uuid"), "flag": bool}
    found: dict[str, Any] = {}
    for ask in asks:
        kind = kinds.get(ask.kind, Annotated[str, Field(max_length=2000)])
        about = Field(description=_both(ask.words))
        needed = ask.required and ask.kind != "flag"
        found[ask.name] = (
            (kind, about) if needed else (kind | None, Field(None, description=_both(ask.words)))
        )
    return found


def step_model(subject: ApiSubject, step: Step | Opening, name: str) -> type[BaseModel]:
    """Return the model of the body of a step or an opening: answers, evidence by purpose, claimed instant, version."""
    specs = [subject.loop.spec(field) for field in step.field_names()]
    required = {n: True for n in step.asks if isinstance(n, str)} | dict.fromkeys(step.optional, False)
    answers = body_model(f"{name}Answers", specs, required, step.words)
    if isinstance(step, Step) and step.extra_asks():
        answers = create_model(f"{name}Answers", __base__=answers, **ask_fields(step.extra_asks()))
    fields: dict[str, Any] = {"answers": _part(answers, "答复 / The answers")}
    if step.needs:
        fields["evidence"] = _part(
            _evidence_model(step, f"{name}Evidence"), "按用途列出的证据材料编号 / Ids of evidence by purpose"
        )
    about = "声明的发生时间 / The claimed instant"
    fields["at"] = (_string(format="date-time") | None, Field(None, description=about))
    if isinstance(step, Step):
        about = "读到的版本 / The version that was read"
        fields["version"] = (int | None, Field(None, ge=1, lt=2**31, description=about))
    return create_model(name, __base__=Closed, __doc__=_both(step.words), **fields)


def _evidence_model(step: Step | Opening, name: str) -> type[BaseModel]:
    ids: Any = list[Annotated[str, Field(json_schema_extra={"format": "uuid"})]]
    wanted: dict[str, Any] = {
        need.purpose: (ids, Field(min_length=1, description=_both(need.words)))
        if need.required
        else (ids | None, Field(None, description=_both(need.words)))
        for need in step.needs
    }
    return create_model(name, __base__=Closed, **wanted)


def _part(model: Any, about: str) -> Any:
    """Return a part of a body, demanded if anything in it is."""
    if any(field.is_required() for field in model.model_fields.values()):
        return (model, Field(description=about))
    return (model | None, Field(None, description=about))


def answer_fields(specs: Iterable[FieldSpec], *, may_be_null: bool = True) -> dict[str, Any]:
    """Return the fields of an answer."""
    return {
        spec.name: (
            read_type(spec) | None if may_be_null else read_type(spec),
            Field(None, description=described(spec)),
        )
        for spec in specs
    }


class Head(BaseModel):
    """What every row begins with."""

    id: str
    kind: str
    label: str
    page: str = Field(description="办公页面地址 / Address of its page")
    version: int
    is_demo: bool


class MatterHead(Head):
    """What every matter begins with."""

    state_words: Bilingual
    is_late: bool


class DutyOut(BaseModel):
    """Who is awaited, for what, by when."""

    id: str
    key: str
    sort: str
    words: Bilingual
    party: Reference | None
    post: Reference | None
    post_kinds: list[str]
    due_at: str | None
    paused: bool
    detail: dict[str, Any]


class NeedOut(BaseModel):
    """Evidence a step needs."""

    purpose: str
    words: Bilingual
    media: str
    required: bool


class OfferOut(BaseModel):
    """A step the caller may take now."""

    step: str
    words: Bilingual
    asks: list[str]
    optional: list[str]
    needs: list[NeedOut]
    main: bool
    minor: bool
    dangerous: bool


class EvidenceOut(BaseModel):
    """One piece of evidence and the entry that brought it."""

    id: str
    purpose: str
    entry: int
    name: str
    media_type: str
    size: int
    sha256: str
    sm3: str
    captured_at: str | None
    page: str


class ActorOut(BaseModel):
    """Who did it."""

    kind: str
    name: str
    post: str | None
    party: str | None


class EntryOut(BaseModel):
    """One entry of the ledger."""

    seq: int
    act: str
    words: Bilingual | None
    from_state: str
    to_state: str
    at: str
    received_at: str
    actor: ActorOut
    data: dict[str, Any]
    rules: list[dict[str, Any]]
    evidence: list[str]
    sha256: str
    sm3: str


class LikenessOut(BaseModel):
    """A row that may be the same thing; ``id`` is null where it lies outside the caller's scope."""

    id: str | None
    label: str | None
    page: str | None
    score: int
    reasons: list[Bilingual]


class LikenessesOut(BaseModel):
    """Likely duplicates, the likest first; whoever registers nevertheless has seen them."""

    items: list[LikenessOut]


class HistoryOut(BaseModel):
    """A chain of the ledger, oldest first; ``next`` is the ``after`` of the following page."""

    items: list[EntryOut]
    next: int | None


class RegulatorOut(BaseModel):
    """One department in one role."""

    id: str
    name: str
    role: str
    level: str
    sector: str
    subject: str
    territory: str
    reason: Bilingual
    citation: str
    confidence: str


class ResponsibilityOut(BaseModel):
    """Who is responsible, and where nobody or more than one is."""

    on: str
    regulator: RegulatorOut | None
    by_role: dict[str, list[RegulatorOut]]
    vacuums: list[Bilingual]
    overlaps: list[Bilingual]


def item_model(subject: ApiSubject) -> type[BaseModel]:
    """Return the model of an item of the list."""
    base = MatterHead if subject.loop else Head
    return create_model(f"{subject.name}Item", __base__=base, **answer_fields(subject.list_specs))


def page_model(subject: ApiSubject) -> type[BaseModel]:
    """Return the model of a page of the list."""
    items: Any = list[item_model(subject)]  # type: ignore[misc]
    return create_model(
        f"{subject.name}Page",
        items=(items, ...),
        next=(
            str,
            Field(description="下一页的 after，末页为空 / `after` of the next page, empty at the end"),
        ),
        previous=(str, Field(description="上一页的 before / `before` of the previous page")),
        count=(int, ...),
        count_is_exact=(bool, ...),
    )


def detail_model(subject: ApiSubject) -> type[BaseModel]:
    """Return the model of the detail."""
    more: dict[str, Any] = {
        "withheld": (list[str], Field(description="无权查看的字段 / Fields not shown to you"))
    }
    if subject.loop:
        more |= {
            "is_open": (bool, ...),
            "parent": (dict[str, str] | None, None),
            "duties": (list[DutyOut], ...),
            "offers": (list[OfferOut], ...),
            "evidence": (list[EvidenceOut], ...),
        }
    base = MatterHead if subject.loop else Head
    return create_model(
        f"{subject.name}Detail",
        __base__=base,
        __doc__=_both(subject.words),
        **answer_fields(subject.detail_specs),
        **more,
    )
