"""The two database roles: the owner, who migrates, and the application, who cannot rewrite the past.

The application's role reads and inserts everywhere, updates and deletes where the work needs it, and on append-only
tables (the ledger's, and any model with `append_only = True`) holds SELECT and INSERT alone. That is what makes the
ledger append-only on every size of database, also where triggers are refused.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from anlan.site.cities import FIRST_SCHEMA, schemas_of

if TYPE_CHECKING:
    from anlan.site.database import Cluster

OWNER = "anlan_owner"
APPLICATION = "anlan_app"
DATABASE = "anlan"


def embedded(cluster: Cluster, schema: str) -> tuple[str, str]:
    """The owner's and a city's application's address on the embedded server; makes roles and database if missing."""
    role = role_for(DATABASE, schema)
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        for name in (OWNER, role):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            # A role that owns its database may make schemas in it and nothing outside.
            command = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(command.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
    owner, application = cluster.url(OWNER, DATABASE), cluster.url(role, DATABASE)
    _make_schema(owner, schema)
    return owner, application


def given(owner: str, application: str | None, schema: str, keys: Path) -> tuple[str, str]:
    """The two addresses on a server of the operator's own.

    With `application` left out, the application role is made if `owner` may make roles; if it may not, or `application`
    is the owner, both are the owner and the trigger is the only wall: the operator guide says so.
    """
    if application == owner:
        return owner, owner
    _make_schema(owner, schema)
    if application:
        return owner, application
    secret = _application_secret(keys)
    role = role_for(urlsplit(owner).path.lstrip("/") or DATABASE, schema)
    with psycopg.connect(owner, autocommit=True) as connection:
        may = connection.execute(
            "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        name = sql.Identifier(role)
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if not (may and may[0]):
            return owner, owner
        command = "ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}"
        connection.execute(sql.SQL(command).format(name, sql.Literal(secret)))
    return owner, _as_role(owner, role, secret)


def grant(connection: psycopg.Connection[object], schema: str, role: str, append_only: set[str]) -> None:
    """Give `role` its rights on every table of `schema`; to be called by the owner after each migration."""
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
    for statement in (
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role}",
    ):
        connection.execute(sql.SQL(statement).format(**names))
    for table in sorted(append_only):
        command = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {schema}.{table} FROM {role}")
        connection.execute(command.format(table=sql.Identifier(table), **names))


def append_only_tables() -> set[str]:
    """The tables that nobody may rewrite: the ledger's, unless a model there says otherwise, and the declared ones."""
    from django.apps import apps

    models = apps.get_models(include_auto_created=True)
    return {m._meta.db_table for m in models if getattr(m, "append_only", m._meta.app_label == "ledger")}


def _make_schema(owner: str, schema: str) -> None:
    with psycopg.connect(owner, autocommit=True) as connection:
        for name in schemas_of(schema):
            if not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))


def role_for(database: str, schema: str) -> str:
    """The application role's name: roles belong to the whole server, so that each city on it needs its own."""
    if (database, schema) == (DATABASE, FIRST_SCHEMA):
        return APPLICATION
    return "_".join((APPLICATION, database, schema))[:63]


def _application_secret(keys: Path) -> str:
    path = keys / "database-application"
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(24))
        fresh.rename(path)
    return path.read_text().strip()


def _as_role(url: str, role: str, secret: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    query = "&".join(f"{k}={quote(v, safe='/')}" for k, vs in parse_qs(parts.query).items() for v in vs)
    return urlunsplit((parts.scheme, f"{role}:{quote(secret, safe='')}@{place}", parts.path, query, ""))
