"""The table of a domain belongs to a row: a tree of risks to its enterprise."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("spreadsheets", "0002_file_gone")]

    operations = [
        migrations.AddField(model_name="import", name="about", field=models.UUIDField(null=True)),
    ]
