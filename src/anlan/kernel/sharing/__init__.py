"""Sharing (数据共享): a catalogue of data sets, and subscriptions by which other departments and systems read them.

Every register, loop and indicator is a data set, described by its own declaration. A subscription is a matter: asked for with
its purpose, decided by the department the data belong to, valid until a day, revoked with a reason. What it gives goes through
scope like everything else, personal fields masked, every call noted. Serves article 22 (one net, shared data).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.kernel.sharing.catalogue import DataSet, data_set_named, data_sets
    from anlan.kernel.sharing.masking import masked
    from anlan.kernel.sharing.models import SharedCall, Subscription
    from anlan.kernel.sharing.serving import Door, Refusal, answer
    from anlan.kernel.sharing.tokens import issue

__all__ = [
    "DataSet",
    "Door",
    "Refusal",
    "SharedCall",
    "Subscription",
    "answer",
    "data_set_named",
    "data_sets",
    "issue",
    "masked",
]

_PLACES = {
    "DataSet": "catalogue",
    "Door": "serving",
    "Refusal": "serving",
    "SharedCall": "models",
    "Subscription": "models",
    "answer": "serving",
    "data_set_named": "catalogue",
    "data_sets": "catalogue",
    "issue": "tokens",
    "masked": "masking",
}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: models wait for Django's apps.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
