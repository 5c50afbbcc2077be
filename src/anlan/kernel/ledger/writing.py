"""Writing the ledger: append an entry to a chain; erase the private part of one. The only two ways in.

``append`` runs inside the caller's transaction, which holds the row lock of the chain's owner: so entries of
one chain never race, and different chains never wait for each other.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction
from psycopg.types.json import Jsonb

from anlan.kernel.copying import LineLike, copy_lines, copy_new, insert_new, lines_of, new_row
from anlan.kernel.ids import new_id
from anlan.kernel.ledger.canonical import NotCanonical, instant, plain
from anlan.kernel.ledger.chain import private_digest_new, seal_new
from anlan.kernel.ledger.models import LedgerEntry, LedgerPrivate
from anlan.kernel.ledger.sealed import sealed_text
from anlan.kernel.scope import Actor
from anlan.kernel.scope.often import ask_often

# Advisory locks of the ledger; their second half is the schema, so that cities do not wait for each other.
LOCK_SPACE = 0x414C
ERASED = "private_erased"
TRIES = 5


class LedgerError(Exception):
    """The ledger cannot take what was given, or the chain moved without the lock; nothing was written."""


def append(
    chain: uuid.UUID, subject: str, act: str, actor: Actor, *, at: datetime, received_at: datetime,
    data: Mapping[str, Any] | None = None, private: Mapping[str, Any] | None = None,
    rules: Iterable[Mapping[str, Any]] = (), evidence: Iterable[str] = (), key: uuid.UUID | None = None,
    from_state: str = "", to_state: str = "", is_demo: bool | None = None,
) -> LedgerEntry:  # fmt: skip
    """Add the next entry of ``chain`` and return it.

    ``at`` is the claimed time, ``received_at`` the server's (both aware). ``data`` may hold text, exact
    numbers, dates, ids, lists and mappings, never a float. ``private`` is stored sealed beside the chain. A
    chain is demonstration data when its first entry was; ``is_demo`` counts for that one only (default:
    whether the actor is a demonstration actor). Raises ``LedgerError``; a repeated ``key`` raises
    ``IntegrityError`` like any unique column.
    """
    if not connection.in_atomic_block:
        raise LedgerError("append needs the caller's transaction, which holds the lock of the chain's owner")
    told = {
        "id": new_id(), "chain": chain, "subject": subject, "act": act, "from_state": from_state, "to_state": to_state,
        "key": key, "at": at, "received_at": received_at, "data": _plain(data or {}), "rules": _plain(list(rules)),
        "evidence": _plain(list(evidence)), "is_demo": bool(actor.is_demo if is_demo is None else is_demo),
        **names_of(actor),
    }  # fmt: skip
    entry = new_row(LedgerEntry, told)
    _hang(entry, _head(chain))
    return _seal_and_save(entry, _private(private, actor))


class NewEntry(NamedTuple):
    """The first entry of a new chain, for ``append_first``. ``is_demo``: whether its row is (default: whether the actor is).

    ``at``: when this one is claimed to have happened (default: when all are).
    ``is_plain``: what it holds has been through ``plain`` already.
    """

    chain: uuid.UUID
    data: Mapping[str, Any]
    private: Mapping[str, Any]
    key: uuid.UUID | None = None
    is_demo: bool | None = None
    at: datetime | None = None
    rules: Sequence[Mapping[str, Any]] = ()
    to_state: str = ""
    is_plain: bool = False


class Begun(NamedTuple):
    """The sealed first entry of a new chain and its private part, each as the line that COPY takes."""

    chain: uuid.UUID
    entry: bytes
    private: bytes | None


def begin_chains(
    subject: str, act: str, actor: Actor, entries: Iterable[NewEntry], *, at: datetime, received_at: datetime
) -> list[Begun]:
    """Seal the first entries of many new chains, each as ``append`` would; nothing is read or written.

    Raises ``LedgerError`` for what the ledger cannot take.
    """
    beginning = _Beginning(subject, act, actor, at, received_at)
    return [beginning.begun(new) for new in entries]


class _Beginning:
    """Begins chains with entries of one act, actor and moment: what is the same in each is put down once."""

    def __init__(self, subject: str, act: str, actor: Actor, at: datetime, received_at: datetime) -> None:
        same = {"subject": subject, "act": act, "at": at, "received_at": received_at, **names_of(actor)}
        entry = new_row(LedgerEntry, {"id": new_id(), "chain": new_id(), **same})
        _hang(entry, _Head(0, "", "", is_demo=False))
        self._actor, self._at = actor, at
        self._body, self._lines = entry.body(), LineLike(entry)

    def begun(self, new: NewEntry) -> Begun:
        """Return the first entry of a chain as ``append`` would write it."""
        own, chain, key = str(new_id()), str(new.chain), None if new.key is None else str(new.key)
        at = new.at or self._at
        differing: dict[str, Any] = {
            "id": own, "chain": chain, "key": key, "to_state": new.to_state, "private_digest": "",
            "data": dict(new.data) if new.is_plain else _plain(new.data), "rules": _plain(list(new.rules)),
            "is_demo": bool(self._actor.is_demo if new.is_demo is None else new.is_demo),
        }  # fmt: skip
        hidden, salt = _private(new.private, self._actor, is_plain=new.is_plain), secrets.token_hex(32)
        try:
            if hidden:
                differing["private_digest"] = private_digest_new(salt, hidden)
            seal = seal_new({**self._body, **differing, "at": instant(at)})
        except NotCanonical as trouble:
            raise LedgerError(str(trouble)) from trouble
        differing |= {"at": at, "sha256": seal.sha256, "sm3": seal.sm3}
        differing |= {"data": sealed_text(differing["data"]), "rules": Jsonb(differing["rules"])}
        return Begun(new.chain, self._lines.line(differing), _private_line(own, salt, hidden))


def _private_line(own: str, salt: str, hidden: Mapping[str, Any]) -> bytes | None:
    if not hidden:
        return None
    told = {"entry_id": own, "salt": salt, "sealed": json.dumps(hidden, ensure_ascii=False)}
    return lines_of(LedgerPrivate, [new_row(LedgerPrivate, told)])[0]


def _must_be_within() -> None:
    """Hold to the caller's transaction, and let the anchor know of it."""
    if not connection.in_atomic_block:
        raise LedgerError("a chain begins in the caller's transaction, which makes the row it belongs to")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, hashtext(current_schema()))", [LOCK_SPACE])


def append_begun(begun: Sequence[Begun]) -> None:
    """Write the first entries of new chains in two sets, in the transaction that makes the rows they belong to.

    Their chains cannot have an entry yet: the database refuses a second first one.
    """
    _must_be_within()
    copy_lines(LedgerEntry, [one.entry for one in begun])
    copy_lines(LedgerPrivate, [one.private for one in begun if one.private is not None])


def append_lines(entries: bytes, private: bytes) -> None:
    """Write the first entries of new chains from their lines (``Beginnings``), as ``append_begun`` does."""
    _must_be_within()
    copy_lines(LedgerEntry, [entries] if entries else [])
    copy_lines(LedgerPrivate, [private] if private else [])


def keys_known(keys: Sequence[str]) -> set[str]:
    """Return those of some keys under which an entry was written before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key::text FROM ledger_entry WHERE key = ANY(%s::uuid[])", [list(keys)])
        return {key for (key,) in cursor.fetchall()}


def append_first(
    subject: str, act: str, actor: Actor, entries: Iterable[NewEntry], *, at: datetime, received_at: datetime
) -> None:
    """Begin many new chains at once, each with the entry ``append`` would give it, in two sets.

    For rows made in the same transaction. Raises as ``append`` does.
    """
    append_begun(begin_chains(subject, act, actor, entries, at=at, received_at=received_at))


class NextEntry(NamedTuple):
    """The next entry of a chain that has entries, for ``append_many``; what it says is what ``append`` takes."""

    chain: uuid.UUID
    act: str
    at: datetime
    data: Mapping[str, Any]
    private: Mapping[str, Any] | None = None
    rules: Sequence[Mapping[str, Any]] = ()
    key: uuid.UUID | None = None
    from_state: str = ""
    to_state: str = ""


def append_many(
    subject: str, actor: Actor, entries: Sequence[NextEntry], *, received_at: datetime
) -> list[LedgerEntry]:
    """Add entries to many chains, several to one in the order given, each as ``append`` would, in two sets.

    Inside the caller's transaction, which holds the locks of all owners. Raises as ``append`` does.
    """
    if not connection.in_atomic_block:
        raise LedgerError(
            "append_many needs the caller's transaction, which holds the locks of the chains' owners"
        )
    heads = _heads({new.chain for new in entries})
    names, made, parts = names_of(actor), list[LedgerEntry](), list[LedgerPrivate]()
    for new in entries:
        told = {
            "id": new_id(), "chain": new.chain, "subject": subject, "act": new.act, "from_state": new.from_state,
            "to_state": new.to_state, "key": new.key, "at": new.at, "received_at": received_at,
            "data": _plain(new.data), "rules": _plain(list(new.rules)), "is_demo": bool(actor.is_demo), **names,
        }  # fmt: skip
        entry = new_row(LedgerEntry, told)
        _hang(entry, heads[new.chain])
        part = _sealed(entry, _private(new.private, actor))
        heads[new.chain] = _Head(entry.seq, entry.sha256, entry.sm3, entry.is_demo)
        made.append(entry)
        if part is not None:
            parts.append(part)
    copy_new(LedgerEntry, made)
    copy_new(LedgerPrivate, parts)
    return made


def _hang(entry: LedgerEntry, head: _Head) -> None:
    entry.seq = head.seq + 1
    entry.previous, entry.previous_sm3 = head.sha256, head.sm3
    if head.seq:
        entry.is_demo = head.is_demo


def _seal_and_save(entry: LedgerEntry, hidden: dict[str, Any]) -> LedgerEntry:
    part = _sealed(entry, hidden)
    insert_new(LedgerEntry, [entry])
    if part is not None:
        insert_new(LedgerPrivate, [part])
    return entry


def _sealed(entry: LedgerEntry, hidden: dict[str, Any]) -> LedgerPrivate | None:
    """Write the digests into an entry; return its private part, if it has one."""
    salt = secrets.token_hex(32)
    try:
        if hidden:
            entry.private_digest = private_digest_new(salt, hidden)
        seal = seal_new(entry.body())
    except NotCanonical as trouble:
        raise LedgerError(str(trouble)) from trouble
    entry.sha256, entry.sm3 = seal.sha256, seal.sm3
    if not hidden:
        return None
    told = {"entry": entry, "salt": salt, "sealed": json.dumps(hidden, ensure_ascii=False)}
    return new_row(LedgerPrivate, told)


def private_of(entry: LedgerEntry) -> dict[str, Any] | None:
    """Return the private part of an entry, or ``None`` when it has none or it was erased."""
    part = LedgerPrivate.objects.filter(entry=entry).first()
    return None if part is None else dict(json.loads(part.sealed))


def erase_private(entry: LedgerEntry, actor: Actor, reason: str, *, at: datetime) -> LedgerEntry:
    """Delete the private part of ``entry`` for good and return the entry of the chain that says so.

    The chain stays provable: it only ever held the salted digest, and the salt goes too.
    """
    if not reason.strip():
        raise LedgerError("erasing needs its reason")
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _erase(entry, actor, reason, at)
        except IntegrityError:
            # Not holding the lock of the chain's owner, we may meet a step being taken: its entry goes first.
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _erase(entry: LedgerEntry, actor: Actor, reason: str, at: datetime) -> LedgerEntry:
    deleted, _ = LedgerPrivate.objects.filter(entry=entry).delete()
    if not deleted:
        raise LedgerError("the entry has no private part, or it was erased before")
    data = {"entry": entry.id, "seq": entry.seq, "reason": reason}
    return append(entry.chain, entry.subject, ERASED, actor, at=at, received_at=at, data=data)


def names_of(actor: Actor) -> dict[str, Any]:
    """Return how an entry names who acted."""
    return {
        "actor_kind": actor.kind,
        "actor_person": actor.person_id,
        "actor_post": actor.post_id,
        "actor_party": actor.party_id,
        "actor_name": "" if is_private_person(actor) else actor.name,
    }


def is_private_person(actor: Actor) -> bool:
    # Who acts in a post answers for it by name; a citizen does not, and must stay erasable.
    return actor.kind == "person" and actor.post_id is None


def _private(private: Mapping[str, Any] | None, actor: Actor, *, is_plain: bool = False) -> dict[str, Any]:
    hidden = dict(private or {})
    if is_private_person(actor) and actor.name:
        hidden.setdefault("actor_name", actor.name)
    return hidden if is_plain else dict(_plain(hidden))


def _plain(value: Any) -> Any:
    """Return a value in JSON's own types; that it is canonical is found when the entry is sealed."""
    try:
        return plain(value)
    except NotCanonical as trouble:
        raise LedgerError(str(trouble)) from trouble


class _Head(NamedTuple):
    seq: int
    sha256: str
    sm3: str
    is_demo: bool


def _head(chain: uuid.UUID) -> _Head:
    # The shared lock is met by nobody but the anchor, which waits for it to know which entries are complete.
    sql = """
        SELECT pg_advisory_xact_lock_shared(%s, hashtext(current_schema()))::text,
               head.seq, head.sha256, head.sm3, head.is_demo
          FROM (SELECT 1) AS one
          LEFT JOIN LATERAL (SELECT seq, sha256, sm3, is_demo FROM ledger_entry
                              WHERE chain = %s ORDER BY seq DESC LIMIT 1) AS head ON true
    """
    _, seq, sha256, sm3, is_demo = ask_often(sql, [LOCK_SPACE, chain])[0]
    return _Head(seq or 0, sha256 or "", sm3 or "", bool(is_demo))


def _heads(chains: Collection[uuid.UUID]) -> dict[uuid.UUID, _Head]:
    """Return the heads of many chains, under the lock that ``_head`` takes."""
    sql = """
        SELECT asked.chain, head.seq, head.sha256, head.sm3, head.is_demo
          FROM unnest(%s::uuid[]) AS asked (chain)
          LEFT JOIN LATERAL (SELECT seq, sha256, sm3, is_demo FROM ledger_entry
                              WHERE chain = asked.chain ORDER BY seq DESC LIMIT 1) AS head ON true
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, hashtext(current_schema()))", [LOCK_SPACE])
        cursor.execute(sql, [list(chains)])
        found = cursor.fetchall()
    return {
        chain: _Head(seq or 0, sha256 or "", sm3 or "", bool(is_demo))
        for chain, seq, sha256, sm3, is_demo in found
    }
