"""HL7's terminology test runner, and the cases that it asks of this server."""
