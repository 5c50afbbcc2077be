"""Live colours (四色图): what an enterprise, a cell and a place look like today, why, and how they looked on any past day.

Serves articles 14 and 15. Main journey: a danger falls overdue, the enterprise turns from orange to red within a second on
every open map, a click says why and opens the rows; a month later the map of that day shows the same.
"""
