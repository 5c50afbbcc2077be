"""Count what was put right before the inspector's eyes."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inspections", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="sitevisit",
            name="fixed",
            field=models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="当场整改"),
        ),
    ]
