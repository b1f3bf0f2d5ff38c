"""Makes a release from a list of organisations, which tests write by hand (harness 1)."""
