"""The embedded engine: a SQLite file a generation."""
