"""Settings of the floor: the installation's database and nothing of its pages."""

from anlan.site.settings import *  # noqa: F403

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.floor.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [], "APP_DIRS": False, "OPTIONS": {
    "loaders": [("django.template.loaders.cached.Loader", ["bench.floor.urls.Loader"])],
}}]  # fmt: skip
