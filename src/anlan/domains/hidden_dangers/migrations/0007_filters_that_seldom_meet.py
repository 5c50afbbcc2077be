"""Indexes for filters by topic and by sector over a whole city, the newest first."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [("hidden_dangers", "0006_followed_by_changes")]

    operations = [
        AddIndex(
            model_name="hiddendanger",
            index=models.Index(fields=["topic", "opened_at", "id"], name="hiddendanger_topic"),
        ),
        AddIndex(
            model_name="hiddendanger",
            index=models.Index(fields=["sector", "opened_at", "id"], name="hiddendanger_sector"),
        ),
    ]
