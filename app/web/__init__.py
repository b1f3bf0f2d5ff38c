"""HTTP: everything that the interfaces have in common."""
