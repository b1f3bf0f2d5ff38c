"""The interface of lookups and levels: flat JSON and CSV, in this project's own format."""
