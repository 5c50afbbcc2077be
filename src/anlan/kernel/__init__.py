"""Five words and two services: scope, registers, loops, rules; ledger and evidence serve them all.

The kernel knows no domain, no city and no face. Every package exports few names; what is deep inside stays inside.
"""
