"""The declaration of a loop: states, steps, duty lines and verbs, checked when the class is made.

Everything else (forms, pages, API, permission table, diagram, help, contract tests) is read off it. See ``faults_of`` for
what a declaration may not be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from anlan.kernel.loops.checking import DeclarationError, faults_of
from anlan.kernel.loops.due import DueBy, DutyLine, Late
from anlan.kernel.registers.declaration import Serves
from anlan.kernel.registers.fields import FieldSpec, forget_specs, spec_of
from anlan.kernel.scope.who import Who
from anlan.kernel.words import Words

if TYPE_CHECKING:
    from anlan.kernel.loops.matter import Matter
    from anlan.kernel.loops.taking import Taking
    from anlan.kernel.loops.verbs import Verb


@dataclass(frozen=True)
class State:
    """A state: who is awaited, by when, what lateness does; a final state awaits nobody."""

    zh: str
    en: str
    awaits: Who | None = None
    due: DueBy | None = None
    late: Sequence[Late] = ()
    final: bool = False
    tone: str = ""
    name: str = field(default="", init=False)

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    @property
    def words(self) -> Words:
        """Return the state in words."""
        return Words(self.zh, self.en)


@dataclass(frozen=True)
class Ask:
    """Something asked at a step that is no field of the matter; it lives in the ledger entry only.

    ``kind``: text, long_text, date, party, flag.
    """

    name: str
    words: Words
    kind: str = "long_text"
    required: bool = True
    help: Words | str = ""


@dataclass(frozen=True)
class Need:
    """Evidence a step needs: at least one file with this purpose."""

    purpose: str
    words: Words
    media: str = "image"
    required: bool = True


@dataclass(frozen=True)
class Verdict:
    """What a check found: faults by field stop the step; applied rules and reasons are stored with it."""

    faults: Mapping[str, Sequence[Words]] = field(default_factory=dict)
    rules: Sequence[Mapping[str, Any]] = ()
    reasons: Sequence[Words] = ()


REASON = Ask("reason", Words("理由", "Reason"))


def photo(purpose: str, zh: str, en: str, *, required: bool = True) -> Need:
    """Return the need of a photo."""
    return Need(purpose, Words(zh, en), "image", required)


def document(purpose: str, zh: str, en: str, *, required: bool = True) -> Need:
    """Return the need of a document (or photo of one)."""
    return Need(purpose, Words(zh, en), "any", required)


@dataclass(frozen=True)
class Step:
    """A step: who may take it, from which states, to which (None = the state stays), what it asks and needs.

    ``check`` is a pure rule over the taking; ``effect`` sets further columns of the row; ``unlike``: not the person who
    took that step; ``fulfils``: the duty line it does; ``lifts``: lines that no longer hold once it is taken;
    ``requires``: lines that must be done before; ``main`` marks the verb a card offers first; ``in_sets``: check and effect
    only read, and set columns of the row alone, so that it may be taken of many matters at once (``together``).
    """

    zh: str
    en: str
    sources: State | Sequence[State] | None
    to: State | None
    by: Who
    asks: Sequence[str | Ask] = ()
    optional: Sequence[str] = ()
    needs: Sequence[Need] = ()
    check: Callable[[Taking], Verdict] | None = None
    effect: Callable[[Taking], None] | None = None
    unlike: Sequence[str] = ()
    fulfils: str = ""
    lifts: Sequence[str] = ()
    requires: Sequence[str] = ()
    after_children: bool = False
    main: bool = False
    dangerous: bool = False
    when: Callable[[Any], bool] | None = None
    verb: str = ""
    any_time: bool = False
    in_sets: bool = False
    help: Words | str = ""
    name: str = field(default="", init=False)

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    @property
    def words(self) -> Words:
        """Return the step as the words of its button."""
        return Words(self.zh, self.en)

    def is_from(self, state: str) -> bool:
        """Say whether the step can be taken from a state."""
        return self.sources is None or any(source.name == state for source in self.source_states())

    def source_states(self) -> list[State]:
        """Return the states it starts from."""
        if self.sources is None:
            return []
        return [self.sources] if isinstance(self.sources, State) else list(self.sources)

    def field_names(self) -> list[str]:
        """Return the model fields it asks for."""
        return [ask for ask in [*self.asks, *self.optional] if isinstance(ask, str)]

    def extra_asks(self) -> list[Ask]:
        """Return what it asks beyond model fields."""
        return [ask for ask in self.asks if isinstance(ask, Ask)]


@dataclass(frozen=True)
class Opening:
    """How a matter begins: who may open it, in which state, asking what."""

    zh: str
    en: str
    to: State
    by: Who
    asks: Sequence[str]
    optional: Sequence[str] = ()
    needs: Sequence[Need] = ()
    check: Callable[[Taking], Verdict] | None = None
    effect: Callable[[Taking], None] | None = None
    help: Words | str = ""

    @property
    def words(self) -> Words:
        """Return the opening as the words of its button."""
        return Words(self.zh, self.en)

    def field_names(self) -> list[str]:
        """Return the model fields it asks for."""
        return [*self.asks, *self.optional]


@dataclass(frozen=True)
class AnswersTo:
    """A step of a lower loop that opens a matter of this one, in the same transaction."""

    loop: type[Loop]
    step: str
    when: Callable[[Any], bool] = lambda row: True
    data: Callable[[Any], dict[str, Any]] = lambda row: {}


class Loop:
    """Base of every loop declaration. A subclass names its model and words in the class line::

    class HiddenDangerLoop(Loop, of=HiddenDanger, zh="隐患整改", en="Hidden danger", serves="A15", part="prevention",
                           slug="hidden-dangers", prefix="YH"): …

    ``opened_under``: its matters, which people open by themselves too, may be opened under another matter, whose steps
    ``after_children`` then wait for them.
    """

    model: ClassVar[type[Matter]]
    words: ClassVar[Words]
    slug: ClassVar[str]
    prefix: ClassVar[str]
    serves: ClassVar[Serves]
    part: ClassVar[str]
    opening: ClassVar[Opening | None] = None
    verbs: ClassVar[Sequence[Verb]] = ()
    opened_by: ClassVar[Sequence[AnswersTo]] = ()
    opened_under: ClassVar[bool] = False
    columns: ClassVar[Sequence[str]] = ()
    facets: ClassVar[Sequence[str]] = ("state",)
    sorts: ClassVar[Sequence[str]] = ("opened_at", "due_at")
    order: ClassVar[str] = "-opened_at"
    panels: ClassVar[Sequence[tuple[Words, Sequence[str]]]] = ()
    # read off the declaration
    states: ClassVar[dict[str, State]]
    steps: ClassVar[dict[str, Step]]
    lines: ClassVar[dict[str, DutyLine]]

    def __init_subclass__(
        cls, *, of: type[Matter], zh: str, en: str, serves: Serves, part: str, slug: str, prefix: str
    ) -> None:
        cls.model, cls.words, cls.slug, cls.prefix = of, Words(zh, en), slug, prefix
        cls.serves, cls.part = serves, part
        cls.states = {v.name: v for v in vars(cls).values() if isinstance(v, State)}
        cls.lines = {v.name: v for v in vars(cls).values() if isinstance(v, DutyLine)}
        cls.steps = {v.name: v for v in vars(cls).values() if isinstance(v, Step)}
        for verb in cls.verbs:
            for step in verb.steps():
                cls.steps[step.name] = step
        faults = faults_of(cls, _LOOPS.values())
        if faults:
            raise DeclarationError(cls.__name__, faults)
        of.loop = cls
        state_field: Any = of._meta.get_field("state")
        state_field.anlan_choices = [(state.name, state.words) for state in cls.states.values()]
        forget_specs()
        _LOOPS[slug] = cls

    @classmethod
    def spec(cls, name: str) -> FieldSpec:
        """Return the spec of a field of the matter."""
        return spec_of(cls.model, name)

    @classmethod
    def is_child(cls) -> bool:
        """Say whether its matters may hang under others, which then wait for them."""
        return cls.opening is None or bool(cls.opened_by) or cls.opened_under


_LOOPS: dict[str, type[Loop]] = {}


def loops() -> Iterator[type[Loop]]:
    """Return every loop of the installed domains, in the order of declaration."""
    return iter(_LOOPS.values())


def loop_named(slug: str) -> type[Loop] | None:
    """Return the loop with this slug."""
    return _LOOPS.get(slug)


def answering(loop: type[Loop], step: str) -> Iterable[tuple[type[Loop], AnswersTo]]:
    """Return the loops that open a matter when this step of that loop is taken."""
    for higher in _LOOPS.values():
        for answer in higher.opened_by:
            if answer.loop is loop and answer.step == step:
                yield higher, answer
