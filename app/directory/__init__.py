"""Answers about organisations that any interface may use: which fit a question, where one belongs."""
