"""Supervisory sectors (监管行业领域): the column by which departments share rows.

The list follows the division of work among departments; which department holds which sector is dated data (Remit).
"""

from __future__ import annotations

from anlan.kernel.words import Words

SECTORS: dict[str, Words] = {
    "work_safety": Words("安全生产综合（工矿商贸）", "Work safety (industry, mining, trade)"),
    "chemicals": Words("危险化学品", "Hazardous chemicals"),
    "industry": Words("工业和信息化", "Industry and information"),
    "housing_construction": Words("住房城乡建设", "Housing and construction"),
    "urban_management": Words("城市管理（燃气）", "Urban management (gas)"),
    "transport": Words("交通运输", "Transport"),
    "market_regulation": Words("市场监管（特种设备）", "Market regulation (special equipment)"),
    "fire": Words("消防", "Fire"),
    "agriculture": Words("农业农村", "Agriculture"),
    "commerce": Words("商务", "Commerce"),
    "education": Words("教育", "Education"),
    "health": Words("卫生健康", "Health"),
    "culture_tourism": Words("文化旅游", "Culture and tourism"),
    "water": Words("水利", "Water"),
    "energy": Words("能源电力", "Energy"),
    "natural_resources": Words("自然资源", "Natural resources"),
    "public_security": Words("公安", "Public security"),
    "civil_affairs": Words("民政", "Civil affairs"),
}


def sector_choices() -> list[tuple[str, Words]]:
    """Return the sectors as choices for a model field."""
    return list(SECTORS.items())
