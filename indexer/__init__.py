"""Reads releases and fills an index."""
