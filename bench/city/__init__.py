"""The bench's city: enterprises and hidden dangers over three years in the real territory tree, written by COPY.

Every row is what the engine would have left: who was awaited and by when, what the ledger says and how its entries hang
together. The stories are those of the demonstration (``hidden_dangers.demo``); the declaration of the loop, the deadlines,
the places awaited and the digests are the kernel's own; ``./anlan verify`` recomputes all of it.
What is left out: photographs, notices, and questions to the checks (an act that the engine would refuse is not refused here).
Everything is marked as demonstration.
"""
