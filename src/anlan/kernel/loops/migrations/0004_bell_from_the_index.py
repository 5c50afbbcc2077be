"""What is awaited from somebody is counted and sorted in every page: out of the index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loops", "0003_at_scale"),
        ("scope", "0006_few_bodies"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="duty",
            name="duty_inbox",
        ),
        migrations.RemoveIndex(
            model_name="duty",
            name="duty_post",
        ),
        migrations.AddIndex(
            model_name="duty",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["party", "due_at"],
                include=("post", "kinds", "paused_at", "id"),
                name="duty_inbox",
            ),
        ),
        migrations.AddIndex(
            model_name="duty",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["post", "due_at"],
                include=("paused_at", "id"),
                name="duty_post",
            ),
        ),
    ]
