"""The place of a subscription is whose rows are given, not where it stands: the word alone changes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scope", "0007_characters_of_names"),
        ("sharing", "0003_calls_in_order"),
    ]

    operations = [
        migrations.AlterField(
            model_name="subscription",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="scope.territory",
                verbose_name="地区",
            ),
        ),
    ]
