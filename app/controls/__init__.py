"""Controls for tests: faults on demand, recorded requests, the next release; only with --test-controls."""
