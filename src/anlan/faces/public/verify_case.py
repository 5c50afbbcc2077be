"""“Check a case”: anyone uploads a case bundle and reads every check; no account, nothing is kept.

The same pure function as ``./anlan verify-case``, within limits fit for strangers. This installation's own key is
trusted and shown, so that a bundle made here is told from one made elsewhere.
"""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from anlan.faces.office.shell import page
from anlan.kernel.evidence.errors import megabytes
from anlan.kernel.ledger import verify_case
from anlan.kernel.ledger.archive import Limits
from anlan.kernel.ledger.check import CaseReport
from anlan.kernel.vault import VaultError
from anlan.kernel.vault.signing import public_key

MEGABYTE = 1024 * 1024
DEFAULT_LIMIT_MB = 60
# What a stranger may make us read: less than the command allows.
MOST_MEMBERS = 500
MOST_MANIFEST = 8 * MEGABYTE
SIGNS = {"passed": "circle-check", "failed": "alert-triangle", "open": "info-circle"}


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Show the form; after an upload, the checks."""
    limit = int(getattr(settings, "ANLAN_VERIFY_LIMIT_MB", DEFAULT_LIMIT_MB)) * MEGABYTE
    context: dict[str, Any] = {"limit": megabytes(limit), "key": _own_key(), "report": None, "fault": ""}
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            context["fault"] = _("请选择案卷文件包。")
        elif (file.size or 0) > limit:
            context["fault"] = _("文件太大。请在本机运行 ./anlan verify-case 核验。")
        else:
            report = verify_case(
                cast("BinaryIO", file), limits=Limits(MOST_MEMBERS, 4 * limit, MOST_MANIFEST)
            )
            context |= {"report": report, "checks": _lines(report), "name": file.name}
            context["ours"] = bool(report.key) and report.key == context["key"]
    return page(
        request,
        "public/verify_case.html",
        context,
        here="verify-case",
        status=422 if context["fault"] else 200,
    )


def _lines(report: CaseReport) -> list[dict[str, Any]]:
    return [
        {
            "what": line.words,
            "state": line.state,
            "state_words": line.state_words,
            "icon": SIGNS[line.state],
            "why": line.reason_words if line.reason_words is not None else "",
            "where": line.place if line.place is not None else "",
        }
        for line in report.checks
    ]


def _own_key() -> str:
    try:
        return public_key()
    except VaultError:
        return ""
