"""FHIR as a wire format, independent of its version."""
