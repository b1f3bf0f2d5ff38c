"""Tests: unit, contract (engines), interfaces (through HTTP), golden (XML in, documents out)."""
