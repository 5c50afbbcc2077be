"""Identity: accounts, sign-in with lock-out and a second factor, API tokens, the log of access to personal data.

Says who is at the door; what they may see is scope's affair. Serves the security duties behind every article.
"""
