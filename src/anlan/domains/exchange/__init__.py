"""Uploads to systems above (数据上报): what an enterprise keeps here goes to the platforms it owes it to, with receipts.

Serves articles 14, 15 and 22. Main journey: an enterprise sets up its channel, what it keeps of risks, checks and hidden dangers
is gathered, sent in portions and receipted; what was refused says why, is put right where it is kept, and goes again.
"""
