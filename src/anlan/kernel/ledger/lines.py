"""Lines of the ledger as PostgreSQL writes them out by COPY, and the canonical body of an entry straight from its line.

Nothing is made of a column but the bytes that are hashed: no text is decoded, no instance made. What an entry says lies there
as it was sealed (``sealed``) and is hashed as it lies; rules and evidence are read and written anew, for PostgreSQL keeps their
keys in an order of its own. Whatever does not look plain gives no body; the close check (``verifying``) then decides.
Needs no settings of Django.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import psycopg
from psycopg.pq import ExecStatus

from anlan.kernel.ledger.canonical import read_once
from anlan.kernel.ledger.chain import BODY_VERSION

FETCHED = 4000
# Every column an entry's body is made of, those the walk compares first. The second instant is
# nearly always the first again, and then told by a sign: writing an instant out costs more than comparing two. What lies sealed
# beside an entry is looked up for those alone that name it. Both digests of an entry are as long as their columns are wide, so
# that nothing else written there looks like them when they stand together.
_SEALED = "SELECT concat(salt, ' ', sealed) FROM ledger_private WHERE entry_id = ledger_entry.id"
ENTRY_COLUMNS = (
    "chain", "seq", "sha256 || sm3", "previous", "previous_sm3", "private_digest",
    f"CASE WHEN private_digest <> '' THEN ({_SEALED}) END", "id", "is_demo", "key", "at",
    "CASE WHEN received_at = at THEN '=' ELSE received_at::text END", "data", "evidence", "actor_party", "actor_person",
    "actor_post", "actor_name",
)  # fmt: skip
# What many entries say alike word by word stands at the end of a line and is not taken apart before it is met anew.
ALIKE = ("actor_kind", "act", "from_state", "subject", "to_state", "rules")
ENTRIES = (", ".join((*ENTRY_COLUMNS, *ALIKE)), "ledger_entry")
LEAVES = ("chain, seq, sha256 || sm3", "ledger_anchor_leaf")
LOWEST, HIGHEST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"

# What the ledger's JSON may not hold although PostgreSQL's may: a number with a fraction. In a text it only looks like one
# where a point, digits and a bracket or comma follow each other; then the chain is looked at closely for nothing.
FRACTION = re.compile(rb"\.\d+[,}\]]")
# What stands in a text of an entry only in JSON's or in COPY's own way of writing: then the text is written out anew.
_NOT_AS_IT_IS = bytes(range(32)) + b'"\\'
# What stands after a key where PostgreSQL has put keys in its own order: so lie the entries written before it was told not to.
# In a text it only looks like it; then that entry is put in order for nothing.
_BLANK = b'": '
NULL, _AGAIN = b"\\N", b"="
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_INSTANT = len("2026-03-06 06:20:00.000000+00")
MOST_REMEMBERED = 20_000


def lines(
    connection: psycopg.Connection[Any], query: tuple[str, str], low: str, high: str
) -> Iterator[bytes]:
    """Yield the lines of the chains from ``low`` on and below ``high``, in the order of chains, each with its line end."""
    for piece in pieces(connection, query, low, high):
        yield from piece


def pieces(
    connection: psycopg.Connection[Any], query: tuple[str, str], low: str, high: str
) -> Iterator[list[bytes]]:
    """Yield these lines some thousands at a time.

    Each piece is a statement of its own that goes on where the last one ended: so several kinds of lines are read side by
    side in one transaction, and memory stays flat.
    """
    columns, table = query
    where, below = f"chain >= '{low}'", "<=" if high == HIGHEST else "<"
    while True:
        statement = (
            f"COPY (SELECT {columns} FROM {table} WHERE {where} AND chain {below} '{high}' "  # noqa: S608 (chains and names)
            f"ORDER BY chain, seq LIMIT {FETCHED}) TO STDOUT"
        )
        piece = copied(connection.pgconn, statement)
        yield piece
        if len(piece) < FETCHED:
            return
        chain, seq, _rest = piece[-1].split(b"\t", 2)
        where = f"(chain, seq) > ('{chain.decode()}', {int(seq)})"


def streamed(
    connection: psycopg.Connection[Any], query: tuple[str, str], low: str, high: str
) -> Iterator[bytes]:
    """Yield these lines while the database writes them: the next are made while the last are looked at.

    Nothing else may be asked of the connection before the last line.
    """
    columns, table = query
    below = "<=" if high == HIGHEST else "<"
    return _written_out(
        connection.pgconn,
        f"COPY (SELECT {columns} FROM {table} WHERE chain >= '{low}' AND chain {below} '{high}' "  # noqa: S608 (chains and names)
        "ORDER BY chain, seq) TO STDOUT",
    )


def copied(libpq: Any, statement: str) -> list[bytes]:
    """Return what a COPY writes out, each line with its end."""
    return list(_written_out(libpq, statement))


def _written_out(libpq: Any, statement: str) -> Iterator[bytes]:
    """Yield what a COPY writes out, by libpq itself: a line costs half of what it does by way of a cursor."""
    begun = libpq.exec_(statement.encode())
    if begun.status != ExecStatus.COPY_OUT:
        raise psycopg.OperationalError(begun.get_error_message())
    take = libpq.get_copy_data
    size, line = take(0)
    while size > 0:
        yield bytes(line)
        size, line = take(0)
    while (end := libpq.get_result()) is not None:
        if end.status != ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError(end.get_error_message())


def unescaped(value: bytes) -> bytes:
    """Return a value as it stands in the table, without what COPY puts before some of its characters."""
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), value) if b"\\" in value else value


def taken_apart(line: bytes) -> list[bytes]:
    """Return the columns of a line of ``ENTRIES``, those that many entries say alike as one."""
    return line.split(b"\t", len(ENTRY_COLUMNS))


class Bodies:
    """Puts bodies together; remembers what many entries say alike: who acted, what was done, under which rules."""

    def __init__(self) -> None:
        self._acts, self._actors = _Remembered(_act), _Remembered(_actor)

    def body(self, values: list[bytes]) -> bytes | None:
        """Return the canonical bytes of an entry of these columns (``taken_apart``), or None where they cannot be told this way.

        Keys are put in the order of their UTF-8 bytes; where that is not the order of RFC 8785 (characters beyond the basic
        plane in a key) the digests differ, and the close check decides.
        """
        (
            chain, seq, _digests, previous, previous_sm3, private, _hidden, own, is_demo, key, at, received_at,
            data, evidence, party, person, post, name, alike,
        ) = values  # fmt: skip
        try:
            begin, after, rules, end = self._acts[alike]
            actor = self._actors[name, party, person, post]
            if _BLANK in data:
                data = _rewritten(data, read_once)
            elif b"\\" in data:
                data = unescaped(data)
            if evidence != b"[]":
                evidence = _rewritten(evidence)
        except (ValueError, TypeError, RecursionError):  # TypeError: a number too large to be written
            return None
        at = instant(at)
        received_at = at if received_at == _AGAIN else instant(received_at)
        # One join over all of it: every further piece of work on an entry is done some million times.
        return b"".join((
            begin, actor, at, b'","chain":"', chain, b'","data":', data, b',"evidence":', evidence, after, own,
            b'","is_demo":true,"key":' if is_demo == b"t" else b'","is_demo":false,"key":', _id(key),
            b',"previous":{"sha256":"', previous, b'","sm3":"', previous_sm3, b'"},"private_digest":"', private,
            b'","received_at":"', received_at, b'","rules":', rules, b',"seq":', seq, end,
        ))  # fmt: skip


class _Remembered(dict[Any, Any]):
    """What was made of the same values before; forgotten when it has grown large, so that memory stays flat."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, values: Any) -> Any:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        made = self[values] = self._make(values)
        return made


def _act(alike: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Return what stands before the actor, between evidence and id, after the names of rules, and at the end."""
    *texts, rules = alike[:-1].split(b"\t")
    kind, act, from_state, subject, to_state = map(_text, texts)
    return (
        b'{"act":"%b","actor":{"kind":"%b",' % (act, kind),
        b',"from_state":"%b","id":"' % from_state,
        _rewritten(rules),
        b',"subject":"%b","to_state":"%b","v":%d}' % (subject, to_state, BODY_VERSION),
    )


def _actor(values: tuple[bytes, ...]) -> bytes:
    name, *ids = values
    return b'"name":"%b","party":%b,"person":%b,"post":%b},"at":"' % (_text(name), *map(_id, ids))


def _text(value: bytes) -> bytes:
    """Return a text of a line as it stands between the quotes of JSON; raises ValueError where there is none."""
    if value == NULL:
        raise ValueError("no text where there always is one")
    if len(value.translate(None, _NOT_AS_IT_IS)) == len(value):
        return value
    return orjson.dumps(unescaped(value).decode())[1:-1]


def _id(own: bytes) -> bytes:
    return b"null" if own == NULL else b'"' + own + b'"'


def _rewritten(json: bytes, read: Callable[[bytes], Any] = orjson.loads) -> bytes:
    """Return JSON with its keys in order and without blanks; raises ValueError or TypeError where a closer look is asked for."""
    json = json.replace(b"\\\\", b"\\")  # all that COPY does to JSON, which holds no other sign of control
    if b"." in json and FRACTION.search(json):
        raise ValueError("a number with a fraction")
    return orjson.dumps(read(json), option=_SORTED)


def instant(text: bytes) -> bytes:
    """Return an instant as the ledger writes it: ``2026-03-06 06:20:00.5+00`` → ``2026-03-06T06:20:00.500000Z``."""
    if len(text) != _INSTANT:
        bare = text.removesuffix(b"+00")
        text = (bare if b"." in bare else bare + b".").ljust(_INSTANT - 3, b"0") + b"+00"
    return text[:10] + b"T" + text[11:-3] + b"Z"
