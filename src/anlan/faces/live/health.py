"""Whether this process lives (`/healthz`) and whether the installation can do its work (`/readyz`).

Liveness asks nothing of the database: a process must not be restarted because the database is. Readiness names what is
missing by a code, and says nothing of what is stored. What troubles the intake of readings is named beside it: the pages work
without it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from anlan.faces.live.figures import free_bytes, heartbeat_age
from anlan.streams import standing

# Workers give a sign every ten seconds.
WORKER_SECONDS = 60.0
_migrated: set[str] = set()


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the work can be done; else 503 with what is missing: database, migrations, worker, disk."""
    checks = {"database": False, "migrations": False, "worker": False, "disk": _has_room()}
    troubled: list[str] = []
    try:
        checks["migrations"] = _is_migrated()
        checks["database"] = True
        age = heartbeat_age()
        checks["worker"] = age is not None and age < WORKER_SECONDS
        troubled = [one.kind for one in standing.troubles()] if checks["migrations"] else []
    except DatabaseError:
        pass
    is_ready = all(checks.values())
    body = {"status": "ready" if is_ready else "not_ready", "checks": checks, "streams": troubled}
    return JsonResponse(body, status=200 if is_ready else 503)


def _is_migrated() -> bool:
    """Say whether every migration of this version is applied; once it is, only that the database answers is asked."""
    if not _migrated:
        executor = MigrationExecutor(connection)
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            _migrated.add("yes")
        return bool(_migrated)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _has_room() -> bool:
    try:
        return free_bytes() >= settings.ANLAN_DISK_FLOOR
    except OSError:
        return False
