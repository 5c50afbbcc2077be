"""The second wall: triggers that refuse to change the ledger, also to the owner of its tables.

Databases that refuse triggers on distributed tables keep the first wall, the privileges of the application's role.
"""

from django.db import migrations

FUNCTION = """
    CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END $$
"""
REFUSED = {
    "ledger_entry": "UPDATE OR DELETE",
    "ledger_anchor": "UPDATE OR DELETE",
    "ledger_anchor_leaf": "UPDATE OR DELETE",
    "ledger_private": "UPDATE",  # deletion is erasure, which the chain records
}


def _trigger(table: str, when: str, name: str) -> migrations.RunSQL:
    make = (
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
    )
    return migrations.RunSQL(
        f"""
            DO $$ BEGIN {make};
            EXCEPTION WHEN feature_not_supported THEN
                RAISE NOTICE 'no triggers on {table}: its privileges are the wall';
            END $$
        """,
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION ledger_refuse()"),
        *(_trigger(table, when, "ledger_no_change") for table, when in REFUSED.items()),
        *(_trigger(table, "TRUNCATE", "ledger_no_truncate") for table in REFUSED),
    ]
