"""The least that a server can do for a request: a Flask application whose one route returns nothing."""

import flask

app = flask.Flask(__name__)


@app.get("/")
def empty() -> bytes:
    return b""
