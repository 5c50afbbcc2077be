"""What is awaited from somebody is counted and sorted in every page: out of the index alone."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex, RemoveIndex


class Migration(migrations.Migration):
    dependencies = [
        ("loops", "0003_at_scale"),
        ("scope", "0006_few_bodies"),
    ]

    operations = [
        RemoveIndex(
            model_name="duty",
            name="duty_inbox",
        ),
        RemoveIndex(
            model_name="duty",
            name="duty_post",
        ),
        AddIndex(
            model_name="duty",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["party", "due_at"],
                include=("post", "kinds", "paused_at", "id"),
                name="duty_inbox",
            ),
        ),
        AddIndex(
            model_name="duty",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["post", "due_at"],
                include=("paused_at", "id"),
                name="duty_post",
            ),
        ),
    ]
