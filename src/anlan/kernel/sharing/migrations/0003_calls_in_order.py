"""An index of the moments of calls: the log of all subscriptions lists the latest first."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0002_channels"),
    ]

    operations = [
        AddIndex(
            model_name="sharedcall",
            index=models.Index(fields=["at", "id"], name="sharedcall_order"),
        ),
    ]
