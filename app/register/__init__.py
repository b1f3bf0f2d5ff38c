"""The searchable fields of a register and the queries on them, independent of HTTP and of the engines."""
