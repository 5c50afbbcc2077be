"""Streams (数据流): readings of sensors in, facts about them out. Serves articles 14, 18 and 22.

A reading is acknowledged once its batch is committed to the journal, as it came. It is evaluated from memory, and packed by
sensor
and hour behind. ``streams`` knows measuring points, conditions and devices by number; what a sensor is, whose it is and what
follows from a raised condition is the business of the domains above.
"""
