"""Enterprises (一企一档): one file for each enterprise, in which everything about it is found.

Serves articles 5 (the enterprise answers for its safety), 9 and 14. Main journey: an officer or the enterprise itself enters
it by its credit code; likely duplicates are shown; the page answers in one scroll who regulates it and why, what is open, and
who is responsible.
"""
