"""Answers about organisations that any interface may use: where one belongs, and what became of it."""
