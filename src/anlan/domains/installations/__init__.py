"""Major hazard installations (重大危险源): units, what they hold at most, their grade, their legal loop, who answers for them.

Serves articles 14, 18 and 22. Main journey: an enterprise enters a unit and its substances at the design maximum, sees S, R and
the grade with every step, has it assessed, files it with the county, grades it again in time, and has it delisted at the end;
three persons answer for it by name and note what they did; each day the enterprise announces its commitment to safety.
"""
