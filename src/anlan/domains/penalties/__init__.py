"""Administrative penalty cases (行政处罚案件): the ordinary procedure from filing to the archived file.

Serves articles 11, 12, 13 and 22. Main journey: an officer proposes to file what a hidden danger or an inspection showed, the
head approves, two officers investigate, the party is notified and heard, law is reviewed where it must be, the decision is
served, published, paid or enforced, and the file is closed. Nothing is typed again that the source already says.
"""
