"""The stamp of the territory tree: renewed by every statement that writes to the tree, so that copies know when they are old."""

from django.db import migrations, models

FUNCTION = """
    CREATE FUNCTION scope_renew_tree_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format(
            'INSERT INTO %I.scope_tree_stamp (id, stamp) VALUES (1, gen_random_uuid())
             ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp', TG_TABLE_SCHEMA);
        RETURN NULL;
    END $$
"""


def _trigger(table: str, when: str, name: str) -> migrations.RunSQL:
    make = f"CREATE TRIGGER {name} AFTER {when} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION scope_renew_tree_stamp()"
    return migrations.RunSQL(
        f"""
            DO $$ BEGIN {make};
            EXCEPTION WHEN feature_not_supported THEN
                RAISE NOTICE 'no triggers on {table}: the loader of packs renews the stamp';
            END $$
        """,
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("scope", "0003_province_officer")]

    operations = [
        migrations.CreateModel(
            name="TreeStamp",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("stamp", models.UUIDField()),
            ],
            options={"db_table": "scope_tree_stamp"},
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION scope_renew_tree_stamp()"),
        *(
            _trigger(table, when, f"tree_stamp_{when[:1].lower()}")
            for table in ("scope_territory", "scope_zonemember")
            for when in ("INSERT OR UPDATE OR DELETE", "TRUNCATE")
        ),
        migrations.RunSQL(
            "INSERT INTO scope_tree_stamp (id, stamp) VALUES (1, gen_random_uuid())", migrations.RunSQL.noop
        ),
    ]
