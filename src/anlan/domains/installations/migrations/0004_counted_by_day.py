"""Figures are counted by day: a day is read off an index, not out of the whole table."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0011_counted_by_day"),
        ("installations", "0003_submitted_and_refused"),
        ("scope", "0007_characters_of_names"),
    ]

    operations = [
        AddIndex(
            model_name="dutyrecord",
            index=models.Index(fields=["done_on"], name="dutyrecord_counted"),
        ),
        AddIndex(
            model_name="installation",
            index=models.Index(fields=["created_at"], name="installation_counted"),
        ),
        AddIndex(
            model_name="safetycommitment",
            index=models.Index(fields=["day"], name="safetycommitment_counted"),
        ),
    ]
