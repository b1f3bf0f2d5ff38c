"""The ORD interface, version 2-0-0: routes, parameters, JSON and XML (spec: ord)."""
