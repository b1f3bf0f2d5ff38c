"""Settings: what each may be, and the sentence that a wrong value gets."""

# ruff: noqa: E501 - tables

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.settings import Settings, WrongSetting, address, from_environment, warn_of_unknown

RIGHT = {
    "index": {"sqlite:///x.db": "sqlite:///x.db"},
    "bind": {"127.0.0.1:8000": "127.0.0.1:8000", "[::1]:80": "[::1]:80", "host:65535": "host:65535", "0.0.0.0:0": "0.0.0.0:0"},
    "workers": {"1": 1, "256": 256},
    "base_url": {
        "https://ods.example.org": "https://ods.example.org",
        "https://ods.example.org/": "https://ods.example.org",
        "http://ods.example.org:8080/a/b/": "http://ods.example.org:8080/a/b",
    },
    "trusted_proxies": {"0": 0, "16": 16},
    "map_url": {"": "", "https://a.example.org/?q={postcode}&z=1": "https://a.example.org/?q={postcode}&z=1"},
    "ord_days": {"0": 0, "185": 185, "36500": 36_500},
    "rate_limit": {"1/second": "1/second", "600/minute": "600/minute", "999999999/hour": "999999999/hour"},
    "stu3_shape": {"legacy": "legacy", "conformant": "conformant"},
    "now": {
        "2026-01-15T12:00:00Z": datetime(2026, 1, 15, 12, tzinfo=UTC),
        "2026-01-15T12:00": datetime(2026, 1, 15, 12, tzinfo=UTC),
        "2026-01-15T12:00:00+01:00": datetime(2026, 1, 15, 12, tzinfo=timezone(timedelta(hours=1))),
    },
    "keep_generations": {"2": 2, "50": 50},
    "elasticsearch_api_key": {"VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==": "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="},
    "elasticsearch_ca_certs": {"/etc/ssl/ods.pem": "/etc/ssl/ods.pem"},
    "elasticsearch_timeout": {"5": 5.0, "0.1": 0.1, "2.5": 2.5, "3600": 3600.0},
    "elasticsearch_shards": {"1": 1, "1024": 1024},
    "elasticsearch_replicas": {"0": 0, "100": 100},
    "max_change": {"0": 0.0, "12.5": 12.5, "100": 100.0},
    "trud_api_key": {"0123abcdEF-_": "0123abcdEF-_"},
    "trud_url": {"https://isd.digital.nhs.uk": "https://isd.digital.nhs.uk", "http://127.0.0.1:8123": "http://127.0.0.1:8123"},
    "metrics": {"on": "on", "off": "off"},
    "log_format": {"json": "json", "text": "text"},
    "log_queries": {"true": True, "false": False},
    "log_level": {"DEBUG": "DEBUG", "INFO": "INFO", "WARNING": "WARNING", "ERROR": "ERROR"},
}  # fmt: skip

WRONG = {
    "bind": ["8000", "host", "host:", ":8000", "host:x", "host:65536", "host:-1", "::1:8000", "[::1]", "a b:80", "host:80 ", "host:80\n", "http://host:80"],
    "workers": ["0", "-1", "257", "many", "1.5", "1e2", "0x10", " "],
    "base_url": ["ods.example.org", "ftp://ods.example.org", "https://", "https://a b", "https://a?x=1", "https://a/STU3", "https://a/R4", "https://a/organisation-data-terminology-api/fhir", "https://a/ORD/2-0-0/", "https://a/x/ORD", "https://a#x", "https://a\n"],
    "trusted_proxies": ["-1", "17", "yes", "1.0"],
    "rate_limit": ["0/second", "-1/second", "10", "10/day", "10 / second", "10/seconds", "1.5/hour", "10/second\n", "5/minute;9/hour"],
    "stu3_shape": ["strict", "LEGACY", "conformant "],
    "map_url": ["none", "https://a.example.org/", "ftp://a/{postcode}", "https://a/{postcode} b", "javascript:{postcode}", "https://a/{code}{postcode}"],
    "ord_days": ["-1", "36501", "all", "1.5"],
    "now": ["yesterday", "2026-13-01T00:00:00", "2026-01-15T25:00", "12:00", "1768478400"],
    "keep_generations": ["1", "0", "-2", "two", "1001"],
    "elasticsearch_timeout": ["0", "-1", "nan", "inf", "soon", "3601"],
    "elasticsearch_shards": ["0", "1025", "one"],
    "elasticsearch_replicas": ["-1", "101", "auto"],
    "max_change": ["-1", "100.1", "nan", "ten"],
    "metrics": ["ON", "true", "0"],
    "log_format": ["xml", "JSON"],
    "log_queries": ["True", "yes", "1", "on"],
    "log_level": ["info", "TRACE", "10"],
}  # fmt: skip


def test_every_setting_has_right_values_here() -> None:
    assert set(RIGHT) == {field.name for field in fields(Settings)}
    assert set(WRONG) == set(RIGHT) - {"index", "elasticsearch_api_key", "elasticsearch_ca_certs"} - {
        "trud_api_key",
        "trud_url",
    }


def test_a_wrong_key_is_not_repeated() -> None:
    with pytest.raises(WrongSetting, match=r"^ODS_ELASTICSEARCH_API_KEY: use the encoded key") as raised:
        from_environment({"ODS_ELASTICSEARCH_API_KEY": "two words"})
    assert "words" not in str(raised.value)


def test_what_is_secret_is_not_in_the_settings_text() -> None:
    settings = Settings(index="http://me:secret@host/ods", elasticsearch_api_key="secret")
    assert "secret" not in repr(settings) + repr(settings.engine)


@pytest.mark.parametrize(
    ("name", "value", "read"), [(name, value, read) for name, values in RIGHT.items() for value, read in values.items()]
)  # fmt: skip
def test_a_right_value_is_read(name: str, value: str, read: object) -> None:
    settings = from_environment({f"ODS_{name.upper()}": value})
    assert getattr(settings, name) == read
    assert settings == Settings(**{name: read})


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_value_is_refused_in_one_sentence_that_names_setting_and_value(name: str, value: str) -> None:
    with pytest.raises(WrongSetting) as refused:
        from_environment({f"ODS_{name.upper()}": value})
    said = str(refused.value)
    assert said.startswith(f'ODS_{name.upper()} is "{value.strip()}'.rstrip())
    assert not said.endswith(".")
    assert said.isprintable()
    assert len(said) < 200


def test_what_is_not_set_or_empty_is_the_default() -> None:
    assert from_environment({}) == Settings()
    empty = {f"ODS_{field.name.upper()}": "" for field in fields(Settings) if field.name != "map_url"}
    assert from_environment(empty) == Settings()


def warned(caplog: pytest.LogCaptureFixture, *names: str) -> list[str]:
    warn_of_unknown(dict.fromkeys(names, "hunter2"))
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("name", "near"),
    [("ODS_BASEURL", "ODS_BASE_URL"), ("ODS_WORKER", "ODS_WORKERS"), ("ODS_ELASTIC_TIMEOUT", "ODS_ELASTICSEARCH_TIMEOUT")],
)  # fmt: skip
def test_an_unknown_variable_is_warned_of_with_the_nearest_setting_and_without_its_value(
    name: str, near: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert warned(caplog, name) == [f"{name} is not a setting and is ignored: did you mean {near}?"]


def test_an_unknown_variable_near_to_none_is_warned_of_alone(caplog: pytest.LogCaptureFixture) -> None:
    assert warned(caplog, "ODS_QQQ", "ODS_") == [
        "ODS_ is not a setting and is ignored", "ODS_QQQ is not a setting and is ignored",
    ]  # fmt: skip


def test_what_is_known_is_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    known = [f"ODS_{field.name.upper()}" for field in fields(Settings)]
    others = (
        "TRUD_API_KEY TRUD_URL MAX_CHANGE RATE_LIMIT METRICS MAP_URL ORD_DAYS LOG_QUERIES SERVER SERVER_URL"
    )
    assert (
        warned(caplog, *known, *(f"ODS_{name}" for name in others.split()), "WORKERS", "ods_x", "XODS_Y")
        == []
    )


def test_other_variables_are_none_of_ours() -> None:
    assert (
        from_environment({"ODS_": "x", "ODS_UNKNOWN": "x", "WORKERS": "x", "ods_workers": "x"}) == Settings()
    )


def test_a_flag_wins_and_a_flag_that_was_not_given_does_not() -> None:
    settings = Settings(workers=3, bind="host:1")
    assert settings.but(workers=5, bind=None, index=None) == Settings(workers=5, bind="host:1")


def test_the_defaults_are_settings_that_may_be_set() -> None:
    defaults = {f"ODS_{field.name.upper()}": getattr(Settings(), field.name) for field in fields(Settings)}
    given = {name: str(value) for name, value in defaults.items() if value is not None}
    assert from_environment(given | {"ODS_LOG_QUERIES": "false"}) == Settings()


@pytest.mark.parametrize(
    ("bind", "found"),
    [("127.0.0.1:8000", ("127.0.0.1", 8000)), ("[::1]:80", ("::1", 80)), ("host:0", ("host", 0))],
)
def test_an_address_is_a_host_and_a_port(bind: str, found: tuple[str, int]) -> None:
    assert address(bind) == found


@pytest.mark.parametrize("bind", WRONG["bind"])
def test_what_is_no_address_is_refused(bind: str) -> None:
    with pytest.raises(ValueError, match="use HOST:PORT"):
        address(bind)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trud_api_key", "two words"), ("trud_api_key", "a/b"), ("trud_api_key", "key\n"),
        ("trud_url", "isd.digital.nhs.uk"), ("trud_url", "ftp://x"), ("trud_url", "https://user:word@x"), ("trud_url", "https://x?y=1"),
    ],
)  # fmt: skip
def test_a_wrong_value_that_may_hold_a_secret_is_not_shown(name: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=rf"^ODS_{name.upper()}: use ") as refused:
        from_environment({f"ODS_{name.upper()}": value})
    assert value not in str(refused.value)
