"""Colours by the colour before: the filter reads those alone that had one."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("colours", "0004_order_with_filters"),
        ("enterprises", "0006_no_names_in_search"),
        ("scope", "0007_characters_of_names"),
    ]

    operations = [
        AddIndex(
            model_name="enterprisecolour",
            index=models.Index(
                condition=models.Q(("archived_at", None), ("former_level__isnull", False)),
                fields=["former_level", "-risk_level", "-id"],
                name="enterprisecolour_former",
            ),
        ),
    ]
