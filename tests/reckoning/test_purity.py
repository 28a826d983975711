"""The reckoning and the verifier run where there is no Django: an auditor has no server."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCKED = (
    "django",
    "psycopg",
    "celery",
    "structlog",
    "config",
    "base",
    "contracts",
    "credits",
    "measurements",
)


def test_everything_imports_with_django_blocked() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for room in ("reckoning", "verifier")
        for path in sorted((ROOT / room).rglob("*.py"))
        if path.name != "__main__.py"
    ]
    assert len(modules) > 20
    program = f"import sys\nfor name in {BLOCKED!r}: sys.modules[name] = None\n" + "".join(
        f"import {module.removesuffix('.__init__')}\n" for module in modules
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name", ["now", "today", "utcnow", "time_ns", "perf_counter", "float", "getenv", "open"]
)
def test_the_reckoning_calls_no_clock_no_binary_number_and_no_file(name: str) -> None:
    for path in sorted((ROOT / "reckoning").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                assert called != name, f"{path.relative_to(ROOT)}:{node.lineno} calls {name}()"
            if isinstance(node, ast.Constant):
                assert not isinstance(node.value, float), (
                    f"{path.relative_to(ROOT)}:{node.lineno} holds a float"
                )


def test_the_reckoning_imports_only_itself_pydantic_the_reader_of_yaml_and_the_standard_library() -> None:
    for path in sorted((ROOT / "reckoning").rglob("*.py")):
        allowed = {"reckoning", "pydantic", "pydantic_core", *sys.stdlib_module_names}
        if path.name in ("yaml_reading.py", "yaml_writing.py", "lines.py"):
            allowed.add("yaml")
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                assert (node.module or "").split(".")[0] in allowed, path
            elif isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, path
