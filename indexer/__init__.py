"""Reads releases of the register and loads them into an index."""
