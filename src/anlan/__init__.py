"""Anlan (安澜): the open platform with which a city governs work safety (安全生产).

Read ``docs/architecture.md`` first. Imports run one way: site → faces → policy → domains → streams → kernel.
"""

__version__ = "0.2.0"
