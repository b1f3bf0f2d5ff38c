"""The pages for people: HTML that needs no script, written by templates."""
