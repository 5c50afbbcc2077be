"""Whether this process can serve: `/healthz` for whoever watches it. Says nothing of what is stored."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and every migration of this version is applied; else 503 and the reason's code."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations")
            applied = cursor.fetchone()[0]
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "code": "database"}, status=503)
    return JsonResponse({"status": "ok", "migrations": applied})
