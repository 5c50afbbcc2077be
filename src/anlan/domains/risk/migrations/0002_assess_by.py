"""A grading bears the day by which its event is assessed again."""

from django.db import migrations, models

import anlan.kernel.words


class Migration(migrations.Migration):
    dependencies = [("risk", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="riskgrading",
            name="assess_by",
            field=models.DateField(
                blank=True,
                editable=False,
                null=True,
                verbose_name=anlan.kernel.words.Words("应重新评估", "To be assessed again by"),
            ),
        ),
    ]
