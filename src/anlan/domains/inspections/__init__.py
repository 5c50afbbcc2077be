"""Inspections (检查巡查): a grid inspector or officer visits a site; what is found opens hidden dangers at once.

Serves articles 9, 15 and 22. Main journey: the checklist of a site is answered on a phone that may have no network, each
finding is tapped once, both parties sign, and the visit record, the notice to rectify, the enterprise's tasks and the entry
of the ledger all come from that one act. Re-inspection belongs to the dangers; the visit ends when they have ended.
"""
