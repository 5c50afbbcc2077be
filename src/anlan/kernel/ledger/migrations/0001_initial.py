import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import anlan.kernel.ids
import anlan.kernel.ledger.positions
import anlan.kernel.vault.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL("CREATE SEQUENCE ledger_position", "DROP SEQUENCE ledger_position"),
        migrations.CreateModel(
            name="Anchor",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=anlan.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True)),
                ("day", models.DateField(unique=True)),
                ("root_sha256", models.CharField(max_length=64)),
                ("root_sm3", models.CharField(max_length=64)),
                ("leaves", models.PositiveIntegerField()),
                ("floor", models.BigIntegerField()),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("previous_sm3", models.CharField(blank=True, max_length=64)),
                ("sha256", models.CharField(max_length=64)),
                ("sm3", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=128)),
                ("public_key", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "ledger_anchor",
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=anlan.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "position",
                    models.BigIntegerField(
                        db_default=anlan.kernel.ledger.positions.NextPosition(), editable=False, unique=True
                    ),
                ),
                ("chain", models.UUIDField()),
                ("seq", models.PositiveIntegerField()),
                ("subject", models.CharField(max_length=100)),
                ("act", models.CharField(max_length=64)),
                ("from_state", models.CharField(blank=True, max_length=64)),
                ("to_state", models.CharField(blank=True, max_length=64)),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_person", models.UUIDField(null=True)),
                ("actor_post", models.UUIDField(null=True)),
                ("actor_party", models.UUIDField(null=True)),
                ("actor_name", models.CharField(blank=True, max_length=200)),
                ("data", models.JSONField(default=dict)),
                ("private_digest", models.CharField(blank=True, max_length=129)),
                ("rules", models.JSONField(default=list)),
                ("evidence", models.JSONField(default=list)),
                ("key", models.UUIDField(null=True, unique=True)),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("is_demo", models.BooleanField(default=False)),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("previous_sm3", models.CharField(blank=True, max_length=64)),
                ("sha256", models.CharField(max_length=64)),
                ("sm3", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "ledger_entry",
            },
        ),
        migrations.CreateModel(
            name="AnchorLeaf",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=anlan.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("place", models.PositiveIntegerField()),
                ("chain", models.UUIDField()),
                ("seq", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("sm3", models.CharField(max_length=64)),
                ("is_demo", models.BooleanField(default=False)),
                (
                    "anchor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.anchor"
                    ),
                ),
            ],
            options={
                "db_table": "ledger_anchor_leaf",
            },
        ),
        migrations.CreateModel(
            name="LedgerPrivate",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="private_part",
                        serialize=False,
                        to="ledger.ledgerentry",
                    ),
                ),
                ("salt", models.CharField(max_length=64)),
                ("sealed", anlan.kernel.vault.fields.EncryptedText()),
            ],
            options={
                "db_table": "ledger_private",
            },
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(fields=("chain", "seq"), name="ledger_entry_chain_seq"),
        ),
        migrations.AddConstraint(
            model_name="anchorleaf",
            constraint=models.UniqueConstraint(fields=("anchor", "place"), name="ledger_anchor_leaf_place"),
        ),
        migrations.AddConstraint(
            model_name="anchorleaf",
            constraint=models.UniqueConstraint(fields=("chain", "seq"), name="ledger_anchor_leaf_chain_seq"),
        ),
    ]
