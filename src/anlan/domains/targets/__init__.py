"""Targets (目标): the goals of article 2, the yearly figures they are measured with, and how far each is reached.

Serves article 2 of the 2017 Implementation Opinions. Main journey: an officer enters a yearly figure with its source, the
goal that waited for it shows its path, its present value and its gap. What is unknown is asked for, never invented.
"""
