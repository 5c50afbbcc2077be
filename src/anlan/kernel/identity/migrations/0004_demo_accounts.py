from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_signed_in")]

    operations = [
        migrations.AddIndex(
            model_name="account",
            index=models.Index(condition=models.Q(("is_demo", True)), fields=["id"], name="account_demo"),
        ),
    ]
