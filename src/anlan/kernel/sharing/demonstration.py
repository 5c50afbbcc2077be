"""What a demonstration leaves behind in sharing: the calls of its subscriptions, which otherwise are only ever added to."""

from __future__ import annotations

from django.db import connection, transaction


def clear_calls() -> int:
    """Delete the calls of demonstration subscriptions; needs the owner's role. Returns how many were deleted.

    Their files go with the hourly tidying, which keeps none whose delivery is gone.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE sharing_sharedcall DISABLE TRIGGER shared_call_no_change")
        cursor.execute(
            "DELETE FROM sharing_sharedcall WHERE subscription_id IN"
            " (SELECT id FROM sharing_subscription WHERE is_demo)"
        )
        deleted = int(cursor.rowcount)
        cursor.execute("ALTER TABLE sharing_sharedcall ENABLE TRIGGER shared_call_no_change")
    return deleted
