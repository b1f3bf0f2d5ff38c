"""The terminology of R4: code systems and value sets, and the operations on them (fhir-r4 9 and 10)."""
