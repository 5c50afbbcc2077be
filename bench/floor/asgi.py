"""The floor as granian serves it."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.floor.settings"

from django.core.asgi import get_asgi_application

application = get_asgi_application()
