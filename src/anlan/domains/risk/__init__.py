"""Risk grading and control (风险分级管控): what may go wrong in an enterprise, how grave it is, who keeps it in check.

Serves articles 5, 14 and 15. Main journey: an enterprise starts from a template of its trade or from its own table, corrects
the tree (object, unit, event, measure), grades each event and has the grade approved; every post finds its own measures, and a
worker reads the post's card without an account and confirms it at the start of the shift.
"""
