"""Accidents (生产安全事故): the register of what happened, and the rules of grading, investigating and reporting.

Serves articles 2, 19 and 20 of the 2017 Implementation Opinions (the goals counted in deaths and accidents, reporting,
investigation). Main journey: an officer enters an accident, its grade follows from the figures, the year's count moves.
The loop of an investigation comes with its own issue; nothing here opens a matter.
"""
