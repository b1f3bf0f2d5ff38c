"""From a record to the documents it is served as: one module an interface."""
