"""The major dangers that stand are found by when they are due: what a leader's page begins with."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [("hidden_dangers", "0011_filters_from_the_index")]

    operations = [
        AddIndex(
            model_name="hiddendanger",
            index=models.Index(
                fields=["due_at", "id"],
                name="hiddendanger_major_due",
                condition=models.Q(("closed_at", None), ("severity", "major")),
            ),
        )
    ]
