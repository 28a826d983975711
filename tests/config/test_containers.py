"""The files of the containers, as far as they can be checked without an engine."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from config.environment import Environment

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {"migrate", "web", "worker", "beat", "mail"}


def test_there_is_everything_that_runs():
    assert set(SERVICES) == OURS | {"db", "broker"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_everything_that_stays_says_whether_it_is_well(name):
    check = SERVICES[name]["healthcheck"]
    assert check["test"]
    assert check["interval"]
    assert check["timeout"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_processes_are_ordinary_users_that_can_change_nothing_of_themselves(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service
    assert "privileged" not in service
    assert re.findall(r"(?m)^USER (.+)$", (ROOT / "Dockerfile").read_text()) == ["10001:10001"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_only_settings_that_there_are_are_given(name):
    known = {field.upper() for field in Environment.model_fields} | {"REMAP_SIGTERM"}
    assert set(SERVICES[name]["environment"]) <= known


def test_the_owners_password_is_given_to_the_migration_alone():
    given = {name for name in OURS if "DATABASE_OWNER_URL" in SERVICES[name]["environment"]}
    assert given == {"migrate"}
    assert SERVICES["web"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_nothing_listens_to_the_outside_but_the_pages_on_this_machine():
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "web": ["127.0.0.1:8000:8000"]
    }


def test_every_secret_comes_from_outside_and_the_example_names_each():
    text = (ROOT / "compose.yaml").read_text()
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    example = (ROOT / "deploy" / "example.env").read_text()
    assert needed == set(re.findall(r"(?m)^([A-Z_]+)=", example))
    assert re.findall(r"(?m)^(?:SECRET_KEY|.*PASSWORD|.*TOKEN)=(.+)$", example) == []


def test_the_broker_keeps_what_it_was_given():
    assert "--appendonly yes" in " ".join(SERVICES["broker"]["command"])


def test_the_image_has_what_the_product_needs_and_no_tools_of_development():
    script = ROOT / "deploy" / "runtime_requirements.py"
    done = subprocess.run(
        [sys.executable, script, ROOT / "requirements.lock"], capture_output=True, text=True, check=True
    )
    names = set(re.findall(r"(?m)^([a-z0-9-]+)", done.stdout))
    assert {"django", "psycopg", "gunicorn", "reportlab", "celery", "kombu", "sqlparse"} <= names
    assert not {"pytest", "ruff", "mypy", "schemathesis", "playwright"} & names
    assert done.stdout.count("--hash=sha256:") > len(names)
    for block in re.split(r"(?m)^(?=[a-z0-9])", done.stdout)[1:]:
        assert "==" in block.splitlines()[0]
        assert "--hash=" in block


def test_scripts_of_the_shell_are_sound():
    script = ROOT / "deploy" / "make_roles.sh"
    assert subprocess.run(["sh", "-n", script]).returncode == 0
    assert script.stat().st_mode & 0o111
