"""Figures are counted by day: a day is read off an index, not out of the whole table."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("alarms", "0003_sensors_stand_in_installations"),
        ("enterprises", "0009_seldom_filters"),
        ("installations", "0003_submitted_and_refused"),
        ("scope", "0007_characters_of_names"),
    ]

    operations = [
        AddIndex(
            model_name="sensor",
            index=models.Index(fields=["created_at"], name="sensor_counted"),
        ),
    ]
