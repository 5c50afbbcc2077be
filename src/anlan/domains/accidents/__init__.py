"""Accidents (生产安全事故): for now the rules alone: grading, who investigates, how far a report goes.

Serves articles 19 and 20 of the 2017 Implementation Opinions (reporting, investigation and handling of
accidents). The registers and the loop of an accident come with their own issue; nothing here stores
anything.
"""
