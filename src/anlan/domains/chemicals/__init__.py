"""Hazardous chemicals (危险化学品): names, numbers, properties, lists they stand on, limits for alarms and workplaces.

Serves articles 14 and 18. Main journey: somebody looks a substance up by any of its names or numbers and reads its dangers, its
limits and the lists it stands on; the calculators of gas alarms and exposure take their limits from here.
"""
