"""Face: see docs/architecture.md."""
