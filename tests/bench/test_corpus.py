"""What requests are made from."""

from datetime import date

from tests.bench.classes import CLASSES
from tests.bench.corpus import read_corpus
from tests.bench.traffic import requests_of
from tests.releases import synthetic


def test_every_class_finds_values_to_ask_for(tmp_path):
    corpus = read_corpus(synthetic(tmp_path / "release.zip", 3000, date(2026, 8, 27)), 1)
    for traffic in CLASSES:
        requests = requests_of(traffic, corpus, 30, 1)
        assert len(requests) == 30
        assert requests == requests_of(traffic, corpus, 30, 1)
