"""CSV files that clients send: how they are read, and what is refused."""

import pytest

from app.lookup.table import MAX_ROWS, Table, read
from app.web.message import Fault


def table(text: str, *named: str) -> Table:
    return read(text.encode(), named)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_the_one_with_which_the_header_has_the_named_columns(separator: str) -> None:
    header = f"a,b{separator}code{separator}x;y\ty,z" if separator != "," else "a;b;c;d\te\tf\tg,code"
    assert table(f"{header}\n", "code").separator == separator


def test_a_separator_within_quotes_does_not_count() -> None:
    read_ = table('"code","a;b;c;d"\nA81003,"x, y"\n', "code")
    assert (read_.header, read_.rows) == (["code", "a;b;c;d"], [["A81003", "x, y"]])


def test_quoted_names_are_found_with_each_separator() -> None:
    assert table('"code";"date"\n"A81003";"2022-06-01"\n', "code", "date").rows == [["A81003", "2022-06-01"]]


def test_a_header_without_the_named_columns_is_split_by_the_most_frequent_separator() -> None:
    assert table("a;b;c,d\n", "code").header == ["a", "b", "c,d"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("opening", ["", "\ufeff"])
def test_a_file_is_written_as_it_was_read(line_end: str, opening: str) -> None:
    text = line_end.join(['code;"a ""b"";"', "A81003; 1", '"x', 'y";', ""])
    sent = table(opening + text, "code")
    assert sent.opening + sent.write([sent.header, *sent.rows]).decode() == opening + text


@pytest.mark.parametrize(("line_end", "within"), [("\n", "\r\n"), ("\r\n", "\n"), ("\n", "\r")])
def test_the_ends_of_lines_within_a_cell_are_not_those_of_the_file(line_end: str, within: str) -> None:
    text = line_end.join(["code,address", f'A81003,"1 HIGH STREET{within}LEEDS"', ""])
    sent = table(text, "code")
    assert sent.write([sent.header, *sent.rows]).decode() == text


def test_a_cell_may_be_as_long_as_a_file() -> None:
    long = "x" * 1_000_000
    assert table(f"code,{long}\nA81003,{long}\n", "code").rows == [["A81003", long]]


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert table("\ufeffcode\nA81003\n", "code").column("code") == 0


def test_of_two_columns_with_one_name_the_first_counts() -> None:
    assert table("x, code ,code\n", "code").column("code") == 1


def test_short_rows_are_padded_and_blank_lines_go() -> None:
    assert table("code,a,b\n\nA81003\n\r\nRR8,1,2\n\n", "code").rows == [
        ["A81003", "", ""],
        ["RR8", "1", "2"],
    ]


def test_an_empty_cell_alone_is_a_row() -> None:
    assert table('code\n""\nA81003\n', "code").rows == [[""], ["A81003"]]


def test_rows_are_counted_after_the_header_without_blank_lines() -> None:
    most = "code\n" + "A81003\n\n" * MAX_ROWS
    assert len(table(most, "code").rows) == MAX_ROWS
    with pytest.raises(Fault) as raised:
        table(f"{most}A81003\n", "code")
    assert (raised.value.kind.status, raised.value.text) == (
        413,
        "The file has more than 20000 rows: send it in parts",
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "The file is empty: it needs a first line with the names of its columns"),
        (b"\n\r\n", "The file is empty: it needs a first line with the names of its columns"),
        (b"code,name\nRR8,CAF\xc9\n", "The file is not UTF-8 at byte 17 (line 2): save it as CSV UTF-8"),
        (b"code\n\nRR8\nRR8,1\n", "Row 2 (line 4) has 2 cells, but the header has 1 columns"),
        (b'code\n"RR8\n', "The file is no CSV near line 2: unexpected end of data"),
        (b'code,a\n"RR8"x,1\n', "The file is no CSV near line 2: ',' expected after '\"'"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(body: bytes, text: str) -> None:
    with pytest.raises(Fault) as raised:
        read(body, ("code",))
    assert (raised.value.kind.status, raised.value.text) == (400, text)


def test_an_error_names_the_columns_that_there_are() -> None:
    assert table("a, b \n").columns == '"a", "b"'
    assert table(",".join(f"c{at}" for at in range(25))).columns.endswith('"c19" and 5 more')
