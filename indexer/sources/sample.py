"""The bundled sample release."""

from importlib.resources import files

DEMO = "hscorgrefdataxml_data_12.0.0_20251212000001.zip"
SAMPLE = files("indexer") / "demo" / DEMO
