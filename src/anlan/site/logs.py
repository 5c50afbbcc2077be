"""Logs as one JSON object a line, each with the identity of the request it belongs to. Never a password or a body."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestIdentity(logging.Filter):
    """Puts the identity of the request being answered on the record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class LineOfJson(logging.Formatter):
    """One record, one line; the trace of an error is a field of it; what a record carries as ``facts`` are fields too."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "says": record.getMessage(),
        }
        line.update(getattr(record, "facts", {}))
        if identity := getattr(record, "request_id", ""):
            line["request"] = identity
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
