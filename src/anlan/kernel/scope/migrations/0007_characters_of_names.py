"""An index on the characters of people's names: who is searched for is one of hundreds of thousands."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

from anlan.kernel.indexing import AddIndex
from anlan.kernel.scope.parties import Characters


class Migration(migrations.Migration):
    dependencies = [
        ("scope", "0006_few_bodies"),
    ]

    operations = [
        AddIndex(
            model_name="person",
            index=GinIndex(Characters("name"), name="person_characters"),
        ),
    ]
