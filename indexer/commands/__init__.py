"""The commands of ods-indexer, each a thin layer over a module that does the work."""
