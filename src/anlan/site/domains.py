"""The subjects this installation carries, lowest tier first.

Plain Python without Django, so that the command line and the settings can both read it. A domain is added by its folder
and one line here.
"""

STREAMS: tuple[str, ...] = ("anlan.streams",)

DOMAINS: tuple[str, ...] = (
    "anlan.domains.enterprises",
    "anlan.domains.chemicals",
    "anlan.domains.risk",
    "anlan.domains.installations",
    "anlan.domains.colours",
    "anlan.domains.hidden_dangers",
    "anlan.domains.checks",
    "anlan.domains.alarms",
    "anlan.domains.watch",
    "anlan.domains.inspections",
    "anlan.domains.accidents",
    "anlan.domains.penalties",
    "anlan.domains.exchange",
    "anlan.domains.targets",
)

KERNEL: tuple[str, ...] = (
    "anlan.kernel.scope",
    "anlan.kernel.identity",
    "anlan.kernel.ledger",
    "anlan.kernel.evidence",
    "anlan.kernel.jobs",
    "anlan.kernel.documents",
    "anlan.kernel.notices",
    "anlan.kernel.registers",
    "anlan.kernel.loops",
    "anlan.kernel.spreadsheets",
    "anlan.kernel.indicators",
    "anlan.kernel.sharing",
)

FACES: tuple[str, ...] = (
    "anlan.faces.office",
    "anlan.faces.field",
    "anlan.faces.public",
    "anlan.faces.api",
    "anlan.faces.live",
)
