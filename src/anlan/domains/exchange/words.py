"""The choices of the exchange domain, in the field's words."""

from __future__ import annotations

from anlan.domains.exchange.dual_prevention import DATA_SETS, EDITION
from anlan.kernel.words import Words

EDITIONS = [
    (
        EDITION,
        Words(
            "双重预防六类数据（格式为重建，未经确认）",
            "Dual prevention, six data sets (reconstructed, unconfirmed)",
        ),
    )
]
SET_NAMES = [(one.name, one.words) for one in DATA_SETS]

WAITING, SENT, REFUSED, UNFIT, HELD = "waiting", "sent", "refused", "unfit", "held"
ITEM_STATES = [
    (WAITING, Words("待上报", "To be sent")),
    (SENT, Words("已上报", "Taken")),
    (REFUSED, Words("对方退回", "Refused")),
    (UNFIT, Words("不合格式", "Does not fit the format")),
    (HELD, Words("等待上级数据", "Waits for what it hangs on")),
]
TAKEN, PARTLY, FAILED = "taken", "partly", "failed"
OUTCOMES = [
    (TAKEN, Words("全部接收", "All taken")),
    (PARTLY, Words("部分退回", "Some refused")),
    (FAILED, Words("未送达", "Not delivered")),
]
