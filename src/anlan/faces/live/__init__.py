"""Live: server-sent events for open pages, and the answer for whoever watches the process (`/healthz`).

Only names go out (`matter:<id>`, `inbox`), never content; each to those alone who may see the row.
"""
