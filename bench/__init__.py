"""The benches: what the platform must reach at a city's load, measured on this machine and printed one figure a line.

``./anlan bench lists inbox …`` makes a city of its own (``bench.city``), serves it as ``up`` does, and runs the benches
named. A bench is a module here with one function ``run(place)`` that yields figures (``bench.figures``). Nothing tunes
itself to a bench: what a bench finds slow is put right in the kernel, for everybody. How to run and what was reached:
docs/bench.md.
"""
