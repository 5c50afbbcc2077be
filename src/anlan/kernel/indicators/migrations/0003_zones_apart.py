"""The roll-up remembers zone by zone what belonged to it, so that a change of one lets no other figure be counted anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("indicators", "0002_ground")]

    operations = [
        migrations.RemoveField(model_name="ground", name="zones"),
        migrations.AddField(model_name="ground", name="members", field=models.JSONField(default=dict)),
    ]
