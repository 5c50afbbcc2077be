"""Checks that come from risks (隐患排查任务): what each post checks, when, and what happens when it does not.

Serves articles 14 and 15. Main journey: the control measures of a post give its check list of the day (hours, shifts, days,
weeks, months; holidays and make-up days); the worker answers line by line on the phone; what is not in order opens a hidden
danger at once; what nobody checks climbs from the post to the head, the safety officer and the regulator.
"""
