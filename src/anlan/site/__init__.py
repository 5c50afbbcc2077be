"""The composition root: settings, addresses, database, processes. It may import every other layer; none imports it."""
