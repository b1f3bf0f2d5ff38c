"""The engine where one machine is not enough: Elasticsearch, an index for each kind of a generation."""
