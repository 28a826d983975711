"""Every setting that comes from the environment: its name, meaning, form and default, in this one place.

docs/settings.md is printed from here (``python -m config.environment``), and a test compares the two.
Production is the default; the demo's launcher hands out the variables that opt out of it.
"""

import re
from datetime import date
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SHORTEST_SECRET = 50


class SettingsError(Exception):
    """Settings are missing or wrong; the message lists every fault, one line each."""


def _database_url(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ValueError(f"is no PostgreSQL URL: {str(error).strip()}") from error
    missing = [name for name, key in (("a user", "user"), ("a database", "dbname")) if not parts.get(key)]
    if missing:
        raise ValueError(f"must name {' and '.join(missing)}")
    return url


def _broker_url(url: str) -> str:
    allowed = ("redis://", "rediss://", "redis+socket://", "amqp://", "amqps://", "memory://")
    if not url.startswith(allowed):
        raise ValueError(f"must begin with one of {', '.join(allowed)}")
    return url


def _address(url: str | None) -> str | None:
    if url is None:
        return None
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?/?", url):
        raise ValueError("must be an address without a path, such as https://ledger.example.com")
    return url.rstrip("/")


def _sender(text: str | None, info: ValidationInfo) -> str | None:
    if text is None:
        if info.data.get("email_host"):
            raise ValueError("is missing, but EMAIL_HOST is set")
        return None
    _, address = parseaddr(text)
    if not re.fullmatch(r"[^@\s]+@[A-Za-z0-9.-]+", address) or not text.isascii() or "\n" in text:
        raise ValueError("must be a plain address such as Promises <notices@example.com>")
    return text


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]


class Environment(BaseSettings):
    """The settings, in the order in which docs/settings.md lists them."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    demo_mode: bool = Field(
        default=False,
        description="The demo on one machine: plain HTTP, readable logs, a date that stands for today. "
        "Never for real data.",
    )
    secret_key: str = Field(
        description=f"Signs sessions and forms. At least {SHORTEST_SECRET} random characters, kept secret, "
        "the same for all processes.",
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        description="Host names under which the pages are served, separated by commas.",
    )
    public_address: Annotated[str | None, AfterValidator(_address)] = Field(
        default=None,
        description="Where people open the pages, such as `https://ledger.example.com`: mails link there. Without it, "
        "HTTPS and the first of ALLOWED_HOSTS.",
    )
    database_url: DatabaseUrl = Field(
        description="The database as the application's role, which runs everything and owns nothing: "
        "`postgresql://role:password@host:port/database`.",
    )
    database_owner_url: DatabaseUrl | None = Field(
        default=None,
        description="The same database as the owner's role. Needed by the commands that migrate, "
        "and best not given to the processes that run.",
    )
    db_role: Literal["app", "owner"] | None = Field(
        default=None,
        description="Which of the two roles this process uses. Without it, commands that migrate use the "
        "owner and everything else uses the application's role.",
    )
    broker_url: Annotated[str, AfterValidator(_broker_url)] = Field(
        description="Where Celery's messages go: `redis://`, `rediss://`, `redis+socket://` or `amqp://`.",
    )
    broker_visibility_seconds: int = Field(
        default=3600,
        ge=10,
        description="After how long a message that a lost worker held is given to another one (Redis and "
        "Valkey). Longer than the longest task.",
    )
    sweep_interval_seconds: int = Field(
        default=60,
        ge=1,
        description="How often beat looks for work that the broker lost.",
    )
    worker_concurrency: int | None = Field(
        default=None,
        ge=1,
        description="Processes per Celery worker. Without it, one per processor.",
    )
    as_of: date | None = Field(
        default=None,
        description="The date that pages take for today, in the demo only: `YYYY-MM-DD`.",
    )
    trust_proxy: bool = Field(
        default=False,
        description="Whether a proxy in front sets `X-Forwarded-Proto`, striking out what clients send.",
    )
    metrics_token: str | None = Field(
        default=None,
        min_length=20,
        description="Whoever reads `/metrics` sends it as a bearer token. Without it, only this machine may read.",
    )
    hsts_seconds: int = Field(
        default=31_536_000,
        ge=0,
        description="For how long browsers are told to use HTTPS only.",
    )
    database_connection_seconds: int = Field(
        default=60,
        ge=0,
        description="How long a web process keeps a database connection.",
    )
    email_host: str | None = Field(
        default=None,
        description="The mail server that notices are handed to (SMTP). Without it nothing is sent and notices wait.",
    )
    email_port: int = Field(default=25, ge=1, le=65535, description="The port of the mail server.")
    email_host_user: str | None = Field(
        default=None, description="The login at the mail server, if it wants one."
    )
    email_host_password: str | None = Field(default=None, description="The password of that login.")
    email_security: Literal["none", "starttls", "tls"] = Field(
        default="none",
        description="Encryption to the mail server: none, started in the conversation, or from the first byte.",
    )
    email_timeout_seconds: int = Field(
        default=10,
        ge=1,
        le=300,
        description="How long each answer of the mail server is waited for. An attempt that says nothing for twelve "
        "times as long is counted as uncertain.",
    )
    email_from: Annotated[str | None, AfterValidator(_sender)] = Field(
        default=None,
        validate_default=True,
        description="Who notices come from: `Promises <notices@example.com>`. Needed with EMAIL_HOST.",
    )
    mail_folder: Path | None = Field(
        default=None,
        description="Where the demo's mail catcher keeps the mails, to be read at `/demo/mails/`; in the demo only.",
    )
    fetch_internal_hosts: Annotated[list[str], NoDecode] = Field(
        default=[],
        description="Names and addresses inside of your own network that sources may be asked at, separated by "
        "commas, such as the host of a Prometheus server. Any other address that is not public is refused.",
    )
    privacy_key: str | None = Field(
        default=None,
        min_length=32,
        description="The key of the hashes that stand for ids of customers in measurements. Without it, one that "
        "follows from SECRET_KEY: then a new SECRET_KEY gives other hashes.",
    )
    push_queue_limit: int = Field(
        default=50,
        ge=1,
        description="How many pushed batches of one source may wait to be stored; more are answered with 429.",
    )
    paper_megabytes: int = Field(
        default=40,
        ge=1,
        le=100,
        description="The largest PDF that is kept beside a contract, in millions of bytes. A web process needs up to "
        "five times as much memory for the seconds in which it keeps one or draws a page of it.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO",
        description="The least serious message that is logged.",
    )
    log_format: Literal["json", "text"] = Field(
        default="json",
        description="One JSON object per line, or text for people.",
    )

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [host.strip() for host in value.split(",") if host.strip()]
        if not value:
            raise ValueError("must name at least one host")
        return value

    @field_validator("fetch_internal_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: Any) -> Any:
        if isinstance(value, str):
            return [host.strip().lower() for host in value.split(",") if host.strip()]
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _no_wildcard(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if "*" in value and not info.data.get("demo_mode"):
            raise ValueError("must name hosts; * is for the demo only")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if len(value) < SHORTEST_SECRET or len(set(value)) < 5:
            raise ValueError(f"must be at least {SHORTEST_SECRET} random characters")
        return value

    @field_validator("as_of")
    @classmethod
    def _demo_only(cls, value: date | None, info: ValidationInfo) -> date | None:
        if value is not None and not info.data.get("demo_mode"):
            raise ValueError("is for the demo only; leave it out, or set DEMO_MODE=1")
        return value

    @field_validator("mail_folder")
    @classmethod
    def _folder_in_demo(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and not info.data.get("demo_mode"):
            raise ValueError("is for the demo only; leave it out, or set DEMO_MODE=1")
        return value

    @field_validator("db_role")
    @classmethod
    def _owner_needs_url(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value == "owner" and info.data.get("database_owner_url", "") is None:
            raise ValueError("is owner, but DATABASE_OWNER_URL is missing")
        return value


@cache
def load() -> Environment:
    """The settings of this process. Raises SettingsError naming every fault at once."""
    try:
        return Environment()
    except ValidationError as error:
        faults = [_fault(item["loc"], item["type"], item["msg"]) for item in error.errors()]
        raise SettingsError(
            "Settings from the environment (docs/settings.md):\n" + "\n".join(f"  {line}" for line in faults)
        ) from None


def _fault(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(loc[0]).upper()
    if kind == "missing":
        return f"{name}: missing. {Environment.model_fields[str(loc[0])].description}"
    return f"{name}: {message.removeprefix('Value error, ')}"


def database(url: str) -> dict[str, Any]:
    """A PostgreSQL URL as Django's settings of one database."""
    parts = conninfo_to_dict(url)
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    plain = {name: str(parts.pop(key, None) or "") for key, name in known.items()}
    return {"ENGINE": "django.db.backends.postgresql", **plain, "OPTIONS": parts}


def role_of(url: str) -> str:
    """The database role that a URL names."""
    return str(conninfo_to_dict(url)["user"])


def documentation() -> str:
    """docs/settings.md, whole."""
    lines = [
        "# Settings",
        "",
        "Everything is read from environment variables, once, at the start. A missing or wrong one stops the",
        "process with a message that lists all faults. This page is printed from `config/environment.py` by",
        "`.venv/bin/python -m config.environment > docs/settings.md`.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Environment.model_fields.items():
        default = "**required**" if field.is_required() else _shown(field.default)
        meaning = re.sub(r"\s+", " ", field.description or "")
        lines.append(f"| `{name.upper()}` | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    if value is None or value == []:
        return "none"
    return f"`{int(value) if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    print(documentation(), end="")
