"""The command ods-server: settings of the process, and gunicorn."""
