"""Keeping watch over the watching (值守): is somebody on duty, and does the monitoring of an enterprise work?

Serves articles 14 and 22. Main journey: an officer calls the duty post of an enterprise (查岗), whoever is on duty answers within
minutes, or nobody does and that is noted; and an officer checks the monitoring of an enterprise at random (抽查) and writes down
what was found.
"""
