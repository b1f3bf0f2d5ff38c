"""The command ods-server, and gunicorn with our worker class."""
