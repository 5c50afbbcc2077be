"""Contracts every declaration inherits: parametrised over all registers and loops, so that a new one is held to them unasked."""

from __future__ import annotations

import itertools
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from addresses import Places
from django.db import models

from anlan.domains.alarms.models import Sensor, SensorVote
from anlan.domains.colours.models import JointGroup, JointMember, SharedRisk
from anlan.kernel import clock, ledger, rules
from anlan.kernel.ids import new_id
from anlan.kernel.loops import Duty, loops, take
from anlan.kernel.loops.declaration import State
from anlan.kernel.loops.due import DutyLine
from anlan.kernel.loops.offering import offers
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.loops.replaying import replay
from anlan.kernel.registers import Listing, archive, create, edit, registers, restore
from anlan.kernel.registers.declaration import clauses_of
from anlan.kernel.registers.errors import Changed, Invalid, KeepingError, NotSeen
from anlan.kernel.registers.fields import plain, spec_of, specs_of
from anlan.kernel.registers.forms import form_for
from anlan.kernel.scope.actor import CLOCK, NOBODY, Actor
from anlan.kernel.words import Words
from anlan.policy import is_clause
from anlan.policy.realising import names

TABLES = Path(__file__).resolve().parent / "tables"
REGISTERS = sorted(registers(), key=lambda model: model.kept.slug)
LOOPS = sorted(loops(), key=lambda loop: loop.slug)
MODELS = [*REGISTERS, *(loop.model for loop in LOOPS)]
# What only a page of its own writes (a worker's confirmation) is entered by no form.
ENTERED = [model for model in REGISTERS if model.kept.writers.kinds()]
by_slug = pytest.mark.parametrize("model", ENTERED, ids=lambda model: model.kept.slug)
by_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
by_loop = pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.slug)


def slug_of(model: Any) -> str:
    return str(model.loop.slug if hasattr(model, "loop") else model.kept.slug)


def listing_of(model: Any, actor: Actor) -> Listing:
    said = model.loop if hasattr(model, "loop") else model.kept
    return Listing(model, actor, said.facets, said.sorts, said.order)


# --- scope


@by_model
def test_a_stranger_sees_counts_finds_and_acts_on_nothing(model: Any, places: Places) -> None:
    city, slug = places.city, slug_of(model)
    near, far = places.rows[slug, "near"], places.rows[slug, "far"]
    sides = {city.officer: (near, far), city.far_officer: (far, near)}
    if near.holder_id in city.safety_officer.party_ids:  # a row of a place or a department is no enterprise's
        sides[city.safety_officer] = (near, far)
    for actor, (own, other) in sides.items():
        assert model.seen_by(actor).filter(pk=own.pk).exists()
        assert not model.seen_by(actor).filter(pk=other.pk).exists()
        assert not model.actable_by(actor).filter(pk=other.pk).exists()
        page = listing_of(model, actor).page({"size": ["200"]})
        assert other.pk not in {row.pk for row in page.rows}
        assert page.count == model.seen_by(actor).count()
        assert listing_of(model, actor).page({"territory": [other.territory.code]}).count == 0
    for actor in (NOBODY, CLOCK, Actor.system("job"), Actor(name="x", person_id=new_id())):
        assert not model.seen_by(actor).exists()
        assert not model.actable_by(actor).exists()
    assert not model.seen_by(city.administrator).exists()


@by_loop
def test_a_stranger_takes_no_step(loop: Any, places: Places) -> None:
    far = places.rows[loop.slug, "far"]
    for name, actor in itertools.product(loop.steps, (places.city.officer, places.city.worker, NOBODY)):
        with pytest.raises(NotSeen):
            take(name, far, actor, {"text": "x", "reason": "x"})
    assert duty_faults(far) == []


# --- lists


@by_model
def test_a_list_answers_every_sort_and_every_filter(model: Any, places: Places) -> None:
    asked = listing_of(model, places.city.city_officer)
    whole = asked.page({}).count
    assert whole >= 2
    for sort in {*asked.sorts, asked.order.lstrip("-")}:
        for sign in ("", "-"):
            assert asked.page({"sort": [sign + sort]}).count == whole
    for spec in asked.facet_specs():
        if spec.choices:
            parts = sum(asked.page({spec.name: [str(value)]}).count for value, _ in spec.choices)
            assert parts <= whole
        elif spec.kind == "flag":
            assert sum(asked.page({spec.name: [value]}).count for value in ("0", "1")) == whole
        elif spec.kind in {"date", "instant"}:
            assert (
                asked.page({f"{spec.name}_from": ["2000-01-01"], f"{spec.name}_to": ["2099-01-01"]}).count
                <= whole
            )
        with pytest.raises(Invalid):
            asked.page({spec.name: ["\x00no such"]})


@by_model
def test_every_field_that_is_shown_has_words_in_both_languages(model: Any, places: Places) -> None:
    said = model.loop if hasattr(model, "loop") else model.kept
    names = {*said.columns, *said.facets, *(name for _, panel in said.panels for name in panel)}
    for spec in specs_of(model, sorted(names)):
        # A bare column name would be shown where nobody gave words.
        assert isinstance(model._meta.get_field(spec.name).verbose_name, Words), spec.name
        assert spec.label.zh != spec.label.en
        for _, words in spec.choices:
            assert words.zh
            assert words.en


# --- forms

TYPED = {
    "occurred_time": "14:20",
    "accident_type": "1986-01",
    "year": "2024",
    "shift_times": "08:00-16:00",
    "company_code": "220100001",
    "foreign_id": "",  # an enterprise is known by one number, its credit code
    "foreign_issuer": "",
    "url": "https://platform.example/upload",
    "username": "gateway-1",
    "topics": "",
    "range_low": "0",
    "range_high": "100",
    "limit_ll": "5",
    "limit_l": "10",
    "limit_h": "90",
    "limit_hh": "95",
    "starts_at": "2026-03-02T09:00",
    "ends_at": "2026-03-02T10:00",
}  # answers that their field's kind alone does not give
TYPED_OF: dict[str, dict[str, str]] = {
    "inventories": {"categories": "W5.3", "is_mixture": ""},  # a name no table knows
    "monitoring-checks": {"put_right_by": ""},  # what is in order is not put right
    "sensor-votes": {"third": "", "fourth": "", "least": "2"},
}


def likely(model: Any, name: str, city: Any, serial: int) -> Any:
    """A sound answer for a field, by its kind."""
    from world import credit_code

    spec = spec_of(model, name)
    if name == "credit_code":
        return credit_code(500 + serial)
    if name == "industry":
        return "3489"
    if name in {**TYPED, **TYPED_OF.get(model.kept.slug, {})}:
        return {**TYPED, **TYPED_OF.get(model.kept.slug, {})}[name]
    if spec.choices:
        return str(spec.choices[0][0])
    made = {
        "territory": lambda: str(city.village.pk), "number": lambda: "12.5", "whole_number": lambda: "7", "flag": lambda: "true",
        "date": lambda: "2026-03-02", "long_text": lambda: "甲乙丙", "text": lambda: f"试{serial}",
    }  # fmt: skip
    if model is SharedRisk and name == "group":
        return _joined(city, serial)
    if model is SensorVote and name == "second":  # another one than the first
        row = _a_row(Sensor, city, serial, required=True)
        given = {n: likely(Sensor, n, city, serial) for n in Sensor.kept.asks} | {"tag": f"LT-{serial}"}
        others = Sensor.seen_by(city.safety_officer).exclude(pk=row)
        return str((others.first() or create(Sensor, city.safety_officer, given)).pk)
    if spec.kind == "reference":
        return _a_row(spec.target, city, serial, required=spec.required)
    return made[spec.kind]() if spec.kind in made else ""


def keeper(model: Any, city: Any) -> Any:
    """Who enters rows of a register: an officer, or the enterprise where it is the enterprise's own."""
    return city.officer if "county_officer" in model.kept.writers.kinds() else city.safety_officer


def _a_row(target: Any, city: Any, serial: int, *, required: bool) -> str:
    """A row that a reference may name; made where it is needed and there is none yet."""
    row = target.seen_by(city.safety_officer).first()
    if row is None and required:
        row = create(
            target, keeper(target, city), {n: likely(target, n, city, serial) for n in target.kept.asks}
        )
    return str(row.pk) if row is not None else ""


def _joined(city: Any, serial: int) -> str:
    """A joint prevention group in which the enterprise of the small world stands."""
    group = _a_row(JointGroup, city, serial, required=True)
    member = {"group": group, "enterprise": str(city.workshop.pk), "duty_phone": "1"}
    create(JointMember, keeper(JointMember, city), member)
    return group


@by_slug
def test_what_a_form_takes_it_shows_again_and_takes_again(model: Any, city: Any) -> None:
    by = keeper(model, city)
    answers = {name: likely(model, name, city, 1) for name in model.kept.asks}
    row = create(model, by, answers)
    fresh = model.seen_by(by).get(pk=row.pk)
    shown = form_for(model, model.kept.asks, by, initial={n: getattr(fresh, n) for n in model.kept.asks})
    again = {}
    for name in model.kept.asks:
        value = shown[name].value()
        again[name] = value.pk if isinstance(value, models.Model) else value
    before = {name: plain(getattr(fresh, name)) for name in model.kept.asks}
    after = edit(model, row.pk, by, again)
    assert {name: plain(getattr(after, name)) for name in model.kept.asks} == before
    assert after.version == 1, "nothing changed, so nothing is written"
    assert [entry.act for entry in ledger.history(row.pk)] == ["created"]


def a_text_of(model: Any) -> str:
    """The heading, or the first field that takes any text."""
    names = (model.kept.heading, *model.kept.asks)
    return next(
        n
        for n in names
        if n in model.kept.asks
        and not (spec := spec_of(model, n)).choices
        and spec.kind in {"text", "long_text"}
    )


@by_slug
def test_a_register_row_lives_its_whole_life_in_the_ledger(model: Any, city: Any) -> None:
    by = keeper(model, city)
    second = city.second_officer if by == city.officer else city.second_safety_officer
    row = create(model, by, {name: likely(model, name, city, 2) for name in model.kept.asks})
    archive(model, row.pk, by, "已不存在")
    assert row.pk not in {one.pk for one in listing_of(model, city.officer).page({"size": ["200"]}).rows}
    restore(model, row.pk, by, "误报")
    text = a_text_of(model)
    edit(model, row.pk, by, {text: "改名"}, version=3)
    with pytest.raises(Changed):
        edit(model, row.pk, second, {text: "又改"}, version=3)
    with pytest.raises(NotSeen):
        edit(model, row.pk, city.far_officer, {text: "偷"})
    assert [entry.act for entry in ledger.history(row.pk)] == ["created", "archived", "restored", "edited"]


# --- loops


@by_loop
def test_matters_replay_and_their_duties_come_out_again(loop: Any, places: Places) -> None:
    for side in ("near", "far"):
        row = loop.model.unscoped("the test recomputes").get(pk=places.rows[loop.slug, side].pk)
        assert duty_faults(row) == []
        if loop.slug != "listed-supervision":  # the world wrote its marker there behind the engine
            found = replay(row)
            assert found.agrees, (found.differences, [step for step in found.steps if step.differences])


@by_loop
def test_of_two_who_read_the_same_version_the_second_is_told(loop: Any, places: Places) -> None:
    city, row = places.city, places.rows[loop.slug, "near"]
    row = loop.model.unscoped("the test reads").get(pk=row.pk)
    if loop.slug == "risk-gradings":  # an enterprise's own matter: no department hands it on
        first, second, move = city.second_safety_officer, city.main_person, ("send_back", {"reason": "r"})
    elif loop.slug == "hazard-files":
        assessed = {"assessed_on": "2026-03-02", "assessed_by": "own", "assessor": "甲"}
        first, second, move = city.safety_officer, city.second_safety_officer, ("assess", assessed)
    elif loop.slug == "alarms":  # whoever is on duty at the enterprise, and one more
        first, second, move = city.safety_officer, city.second_safety_officer, ("acknowledge", {})
    elif loop.slug == "duty-calls":
        answer = {"answered_by": "王强", "place": "control_room"}
        first, second, move = city.safety_officer, city.second_safety_officer, ("confirm", answer)
    else:
        moved = {"new_regulator": str(city.market.pk), "reason": "r"}
        act = ("conclude", {}) if loop.slug == "site-visits" else ("transfer", moved)
        first, second, move = city.officer, city.second_officer, act
    choices = [offer for offer in offers(row, first) if not offer.step.any_time]
    names = [offer.step.name for offer in choices]
    assert move[0] in names
    take(move[0], row, first, move[1], version=row.version)
    for name in names:
        with pytest.raises(Changed) as told:
            take(name, row, second, {}, version=row.version)
        assert [entry.act for entry in told.value.since] == [move[0]]


@by_loop
def test_every_act_of_a_loop_has_words_in_both_languages(loop: Any) -> None:
    from anlan.faces.office.wording import lateness

    named: list[Words] = [
        loop.words,
        *(source.words for source in (*loop.states.values(), *loop.lines.values(), *loop.steps.values())),
    ]
    for source in (*loop.states.values(), *loop.lines.values()):
        for level in source.late:
            assert lateness(loop, f"late_{level.name}") == level.words
            named.append(level.words)
    for step in loop.steps.values():
        named += (
            [ask.words for ask in step.extra_asks()] + [need.words for need in step.needs] + [step.by.words()]
        )
    for words in named:
        assert words.zh != words.en
        assert not words.en.isascii() or words.en.strip()
        assert not any("\u4e00" <= char <= "\u9fff" for char in words.en), words.en


def rule_keys(loop: Any) -> set[str]:
    sources: list[State | DutyLine] = [*loop.states.values(), *loop.lines.values()]
    keys = {key for source in sources if source.due for key in source.due.rule_keys()}
    keys |= {level.rule for source in sources for level in source.late if level.rule}
    for verb in loop.verbs:
        keys |= {value for name in ("times", "most") if (value := getattr(verb, name, ""))}
        keys |= set(verb.decide.rule_keys()) if hasattr(verb, "decide") else set()
    return keys


@by_loop
def test_every_rule_a_loop_names_has_a_value_today(loop: Any, city: Any) -> None:
    keys = rule_keys(loop)
    assert keys
    for key in keys:
        found = rules.parameter(key, clock.today(), "CN-220102")
        assert found.value not in (None, "")
        assert found.citation.instrument.zh


def test_what_is_served_are_clauses_of_the_policy() -> None:
    for declared in [*LOOPS, *(model.kept for model in REGISTERS)]:
        assert clauses_of(declared.serves), declared
    named = {name.name: [clause for clause in name.serves if not is_clause(clause)] for name in names()}
    assert {name: wrong for name, wrong in named.items() if wrong} == {}
    assert not is_clause("A99")


def test_no_state_that_was_shipped_has_gone() -> None:
    """A matter may lie in it: a state is removed only together with a mapping of its rows."""
    file = TABLES / "states.txt"
    kept = set(file.read_text("utf-8").split("\n")) - {""}
    declared = {
        f"{loop.slug} {state.name} {'final' if state.final else 'open'}"
        for loop in LOOPS
        for state in loop.states.values()
    }
    assert kept - declared == set(), "a shipped state was removed or changed its kind"
    assert declared - kept == set(), "write new states into tests/tables/states.txt"


def test_registers_and_loops_have_names_of_their_own() -> None:
    slugs = [slug_of(model) for model in MODELS]
    assert len(slugs) == len(set(slugs))
    prefixes = [loop.prefix for loop in LOOPS]
    assert len(prefixes) == len(set(prefixes))


def test_random_bytes_as_answers_never_break_a_step(places: Places) -> None:
    chance = random.Random(7)
    odd = [
        "\x00",
        "\ud800",
        [],
        {},
        10**400,
        float("nan"),
        True,
        "x" * 30_000,
        "2026-02-30",
        "-1",
        None,
        b"x",
    ]
    for loop in LOOPS:
        row = places.rows[loop.slug, "near"]
        for name, step in loop.steps.items():
            fields = [*step.field_names(), *(ask.name for ask in step.extra_asks())]
            for _ in range(3):
                data = {field: chance.choice(odd) for field in fields}
                with suppress(KeepingError):
                    take(name, row, places.city.officer, data)
    assert not Duty.objects.filter(party=None, post=None).exists()
