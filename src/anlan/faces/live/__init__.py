"""Live: server-sent events for open pages, and the answer for whoever watches the process (`/healthz`).

Only names go out (`matter:<id>`, `inbox`), and of rows that stand on a map their place and level, never other content; each to
those alone who may see the row.
"""
