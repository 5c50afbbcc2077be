"""What nobody said of an enterprise's scale is unknown; it used to be entered as small."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0009_seldom_filters"),
    ]

    operations = [
        migrations.AlterField(
            model_name="enterprise",
            name="scale",
            field=models.CharField(
                choices=[
                    ("large", "大型"),
                    ("medium", "中型"),
                    ("small", "小型"),
                    ("micro", "微型"),
                    ("unknown", "未知"),
                ],
                default="unknown",
                max_length=8,
                verbose_name="规模",
            ),
        ),
    ]
