"""What the settings make of a request and of a command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]


ROLE = """
import sys
sys.argv = ["manage.py", "{command}"]
from config import settings
print(settings.DATABASE_ROLE)
"""


def python(program: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run ``program`` in a process of its own with production's settings but for ``variables``."""
    names = (
        "PATH",
        "HOME",
        "LANG",
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "BROKER_URL",
        "SECRET_KEY",
        "LD_LIBRARY_PATH",
    )
    env = {name: os.environ[name] for name in names if name in os.environ}
    env |= {"DJANGO_SETTINGS_MODULE": "config.settings", "ALLOWED_HOSTS": "ledger.example"} | variables
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True)


def test_production_speaks_https_only():
    done = python(
        "from django.conf import settings as s;"
        "print(s.DEBUG, s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS)"
    )
    assert done.stdout.split() == ["False", "True", "True", "True", "31536000"], done.stderr


def test_the_demo_opts_out_by_its_variable_alone():
    done = python(
        "from django.conf import settings as s; print(s.DEBUG, s.SECURE_SSL_REDIRECT)", DEMO_MODE="1"
    )
    assert done.stdout.split() == ["False", "False"], done.stderr


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("migrate", "owner"),
        ("sqlmigrate", "owner"),
        ("check", "app"),
        ("shell", "app"),
        ("demo_replay", "app"),
    ],
)
def test_commands_that_migrate_are_the_owner_and_others_are_not(command: str, role: str):
    assert python(ROLE.format(command=command)).stdout.split() == [role]


def test_the_role_can_be_said_outright():
    assert python(ROLE.format(command="migrate"), DB_ROLE="app").stdout.split() == ["app"]


def test_a_command_without_settings_says_what_is_missing_in_a_few_lines():
    env = {"PATH": os.environ["PATH"]} | {
        name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [line.split(":")[0].strip() for line in done.stderr.splitlines()[1:]] == [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "DATABASE_URL",
        "BROKER_URL",
    ]


def test_work_is_kept_until_it_is_done():
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["unacked_restore_throttle"] == 1
    assert "django_celery_beat" in settings.CELERY_BEAT_SCHEDULER
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} >= {"base.sweep"}


def policy(response) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";")]
    return {name: value for name, _, value in parts if name}


@pytest.mark.django_db
def test_the_policy_is_strict_and_wider_for_the_admin_alone(client: Client):
    outside = policy(client.get("/no-such-page"))
    inside = policy(client.get("/admin/login/"))
    assert outside["default-src"] == "'none'"
    assert outside["script-src"] == outside["style-src"] == "'self'"
    assert inside["script-src"].split() == ["'self'", "'unsafe-eval'"]
    assert inside["style-src"].split() == ["'self'", "'unsafe-inline'"]
    assert "'unsafe-inline'" not in inside["script-src"]
    assert inside["frame-ancestors"] == "'none'"
