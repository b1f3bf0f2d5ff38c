"""TRUD, where NHS England publishes the releases: its API, and downloads that are checked (harness 5)."""
