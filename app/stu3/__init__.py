"""The STU3 interface: the ODS Lookup API."""
