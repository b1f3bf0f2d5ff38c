"""FHIR as a wire format, whatever the version."""
