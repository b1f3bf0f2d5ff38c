"""The table of figures: a row for each measure, its multiple of a yardstick beside it."""

from tests.bench.report import Result, Row, markdown, this_machine


def table(*rows):
    return markdown(this_machine(), "a release", [Result("SQLite", list(rows), [])]).splitlines()[3:]


def test_a_figure_stands_beside_its_multiple_of_the_yardstick_and_its_targets():
    head, _, row = table(Row("read: p50", 1.5, "ms", ratio=3.75, must=2, aim=1, note="p90 2"))
    assert head == "| measure | SQLite | × yardstick | must | aim | |"
    assert row == "| read: p50 | 1.50 ms | 3.75 | ≤ 2 ms | ≤ 1 ms | must, p90 2 |"


def test_a_target_may_be_a_multiple_of_the_yardstick():
    *_, row = table(Row("read: p50", 1.5, "ms", ratio=3.75, must=4, aim=2.5, relative=True))
    assert row == "| read: p50 | 1.50 ms | 3.75 | ≤ 4 × | ≤ 2.50 × | must |"


def test_a_share_that_is_too_low_is_missed():
    *_, row = table(Row("share", 0.39, "", must=0.45, aim=0.6, at_least=True))
    assert row == "| share | 0.39 |  | ≥ 0.45 | ≥ 0.60 | missed |"
