"""The floor of the page benches: a bare Django view with one indexed query and a template of 50 rows, nothing else.

No middleware, no session, no scope, no translation: what this machine can do at most with the same server and database.
"""
