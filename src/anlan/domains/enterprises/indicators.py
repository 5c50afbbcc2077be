"""The figures of the enterprise register. Serves articles 5 and 29."""

from __future__ import annotations

from anlan.domains.enterprises.models import SCALES
from anlan.kernel.indicators.declaration import PER_CENT, Indicator
from anlan.kernel.indicators.dimensions import ANY_LIST, Dimension
from anlan.kernel.indicators.formulas import Ratio, Rows, Stock
from anlan.kernel.words import Words

FIRMS = Words("家", "enterprises")

# A list of another subject that can be narrowed by the scale of its enterprise offers it under this name.
Dimension(
    "scale", Words("企业规模", "Scale of the enterprise"), tuple(SCALES),
    {"enterprises": "scale", ANY_LIST: "enterprise_scale"},
)  # fmt: skip
kept = Stock(Rows("enterprises"))

Indicator("enterprises-kept", Words("登记企业", "Enterprises on file"), FIRMS, kept, serves="A5")
Indicator(
    "enterprises-operating", Words("在营企业", "Operating enterprises"), FIRMS,
    Stock(Rows("enterprises", {"operation": "operating"})), serves="A5",
)  # fmt: skip
Indicator(
    "enterprises-large", Words("大中型企业", "Large and medium enterprises"), FIRMS,
    Stock(Rows("enterprises", {"scale": ("large", "medium")})), serves="A5",
)  # fmt: skip
Indicator(
    "enterprises-chemicals", Words("涉危险化学品企业", "Enterprises with hazardous chemicals"), FIRMS,
    Stock(Rows("enterprises", {"handles_hazardous_chemicals": "1"})), serves="A5",
)  # fmt: skip
Indicator(
    "enterprises-hazard", Words("有重大危险源的企业", "Enterprises with a major hazard installation"), FIRMS,
    Stock(Rows("enterprises", {"has_major_hazard": "1"})), serves="A5",
)  # fmt: skip
Indicator(
    "suspended-share", Words("停产停业企业占比", "Share of enterprises suspended"), PER_CENT,
    Ratio(Stock(Rows("enterprises", {"operation": "suspended"})), kept), serves="A5",
)  # fmt: skip
