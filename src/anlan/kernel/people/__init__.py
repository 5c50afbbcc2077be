"""People and posts, administered (人员与岗位): who fills which post from when to when, what departments are called and regulate,
who may sign in.

A person moves, history stays, work moves with the post: everything here is a dated row and a line in the ledger, nothing is
deleted. Serves articles 3 to 5 (who is responsible) and the security duties behind every article.
"""
