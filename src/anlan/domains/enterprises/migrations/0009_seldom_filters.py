"""What few enterprises bear has the order of the list once more: two such filters may meet in none."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex

FLAGS = (
    "handles_hazardous_chemicals",
    "has_major_hazard",
    "has_explosive_dust",
    "uses_ammonia",
    "has_confined_space",
    "is_crowded_place",
)
SELDOM = {
    "hazard": models.Q(("has_major_hazard", True)),
    "ammonia": models.Q(("uses_ammonia", True)),
    "crowded": models.Q(("is_crowded_place", True)),
    "not_operating": models.Q(("operation", "operating"), _negated=True),
}
BESIDE = ("path", "sector", "sensitivity", "holder", "archived_at", "is_demo", "scale", "operation", *FLAGS)


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0008_unplaced"),
    ]

    operations = [
        AddIndex(
            model_name="enterprise",
            index=models.Index(
                fields=["name", "id"],
                include=BESIDE,
                name=f"enterprise_few_{name}",
                condition=condition,
            ),
        )
        for name, condition in SELDOM.items()
    ]
