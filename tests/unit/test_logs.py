"""How a line of the log is written."""

import logging

from app.logs import TextFormatter


def test_each_line_has_its_own_time() -> None:
    ours, usual = (each("%(asctime)s %(message)s") for each in (TextFormatter, logging.Formatter))
    for created in (0.25, 0.999, 1, 1.5, 0.25, 1767225599.001, 1767225600.0):
        record = logging.makeLogRecord({"msg": "a", "created": created, "msecs": created % 1 * 1000})
        assert ours.format(record) == usual.format(record)
