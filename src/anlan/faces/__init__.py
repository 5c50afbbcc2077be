"""Doors: web office, public pages, API, command line, live events. They hold no rule and no model."""
