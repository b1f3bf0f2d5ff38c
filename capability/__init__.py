"""Conformance resources, as data: a folder an interface."""
