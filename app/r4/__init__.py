"""The R4 interface: NHS England's Organisation Data Terminology API."""
