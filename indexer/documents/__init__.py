"""Makes the documents in which a record is served: one module for each interface."""
