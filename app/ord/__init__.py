"""The ORD interface 2-0-0: its addresses, its parameters, its JSON and XML (spec: ord)."""
