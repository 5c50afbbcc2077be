"""The sequence from which matters take their numbers; gaps are allowed, waiting is not."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """Create the sequence."""

    dependencies: ClassVar = [("loops", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL("CREATE SEQUENCE matter_number", "DROP SEQUENCE matter_number"),
    ]
