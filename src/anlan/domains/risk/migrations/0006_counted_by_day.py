"""Figures are counted by day: a day is read off an index, not out of the whole table."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0011_counted_by_day"),
        ("risk", "0005_order_with_filters"),
        ("scope", "0007_characters_of_names"),
    ]

    operations = [
        AddIndex(
            model_name="controlmeasure",
            index=models.Index(fields=["created_at"], name="controlmeasure_counted"),
        ),
        AddIndex(
            model_name="riskevent",
            index=models.Index(fields=["created_at"], name="riskevent_counted"),
        ),
        AddIndex(
            model_name="shiftconfirmation",
            index=models.Index(fields=["created_at"], name="shiftconfirmation_counted"),
        ),
    ]
