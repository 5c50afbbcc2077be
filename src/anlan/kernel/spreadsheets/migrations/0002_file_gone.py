"""When an uploaded file was removed, so that its line can say so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("spreadsheets", "0001_initial")]

    operations = [
        migrations.AddField(model_name="import", name="file_gone_at", field=models.DateTimeField(null=True)),
    ]
