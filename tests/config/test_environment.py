"""Settings come from the environment, are written down once, and fail loudly."""

from pathlib import Path

import pytest

from config import environment
from config.environment import SettingsError

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefgh",
    "ALLOWED_HOSTS": "ledger.example, www.ledger.example",
    "DATABASE_URL": "postgresql://app:secret@db.example:5433/ledger?sslmode=require",
    "BROKER_URL": "rediss://broker.example/0",
}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    """The settings as they would be with exactly these variables."""

    def loaded(**variables: str) -> environment.Environment:
        for name in environment.Environment.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return environment.load.__wrapped__()

    return loaded


def test_production_is_the_default(load):
    env = load(**GOOD)
    assert env.demo_mode is False
    assert env.as_of is None
    assert env.log_format == "json"
    assert env.allowed_hosts == ["ledger.example", "www.ledger.example"]


def test_every_fault_is_named_at_once(load):
    with pytest.raises(SettingsError) as caught:
        load(
            SECRET_KEY="short",
            DATABASE_URL="mysql://x",
            AS_OF="2025-07-15",
            LOG_LEVEL="LOUD",
            HSTS_SECONDS="-1",
        )
    lines = str(caught.value).splitlines()[1:]
    assert [line.split(":")[0].strip() for line in lines] == [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "DATABASE_URL",
        "BROKER_URL",
        "AS_OF",
        "HSTS_SECONDS",
        "LOG_LEVEL",
    ]
    assert "missing" in lines[1]
    assert "must begin with postgresql://" in lines[2]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SECRET_KEY", "x" * 60, "random"),
        ("SECRET_KEY", GOOD["SECRET_KEY"][:49], "at least 50"),
        ("ALLOWED_HOSTS", " , ", "at least one host"),
        ("ALLOWED_HOSTS", "*", "demo only"),
        ("DATABASE_URL", "postgresql://host/ledger", "must name a user"),
        ("DATABASE_URL", "postgresql://app@host", "must name a database"),
        ("BROKER_URL", "sqla+sqlite:///x", "must begin with one of"),
        ("BROKER_VISIBILITY_SECONDS", "9", "10"),
        ("AS_OF", "2025-07-15", "demo only"),
        ("DB_ROLE", "root", "owner"),
        ("DB_ROLE", "owner", "DATABASE_OWNER_URL is missing"),
        ("DEMO_MODE", "perhaps", "valid boolean"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(load, name: str, value: str, message: str):
    with pytest.raises(SettingsError, match=rf"  {name}: .*{message}"):
        load(**GOOD | {name: value})


def test_a_secret_of_exactly_the_least_length_is_taken(load):
    assert load(**GOOD | {"SECRET_KEY": GOOD["SECRET_KEY"][:50]})


def test_the_demo_has_a_date_for_today_and_any_host(load):
    env = load(**GOOD | {"DEMO_MODE": "1", "AS_OF": "2025-07-15", "ALLOWED_HOSTS": "*"})
    assert str(env.as_of) == "2025-07-15"


def test_an_empty_variable_counts_as_absent(load):
    assert load(**GOOD | {"AS_OF": "", "DB_ROLE": ""}).as_of is None


def test_a_url_becomes_djangos_settings_with_what_is_left_as_options():
    assert environment.database(GOOD["DATABASE_URL"]) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "ledger",
        "USER": "app",
        "PASSWORD": "secret",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_socket_in_a_folder_with_a_space_survives_the_url():
    settings = environment.database("postgresql:///ledger?host=%2Ftmp%2Fa%20b%2Frun&port=5432&user=app")
    assert (settings["HOST"], settings["USER"]) == ("/tmp/a b/run", "app")


def test_the_page_of_settings_is_what_the_code_says():
    assert (ROOT / "docs" / "settings.md").read_text() == environment.documentation()
