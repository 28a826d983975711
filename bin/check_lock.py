"""Does requirements.lock give everything that pyproject.toml asks for, each with its hashes?

The lock is a list for ``uv pip``, not uv's own format, which would write the registry's address into every
entry: a mirror then needs no other file.
"""

import re
import sys
import tomllib
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
RENEW = "uv pip compile --universal --generate-hashes --python-version 3.12 pyproject.toml --group dev"


def locked(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """The versions per package, and what is wrong with the file itself."""
    versions: dict[str, list[str]] = {}
    faults = []
    for entry in re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines():
        if not entry.strip():
            continue
        match = re.match(r"([A-Za-z0-9._-]+)(\[[^]]*])?==([^\s;]+)", entry)
        if not match:
            faults.append(f"no exact version: {entry.split('--hash')[0].strip()}")
            continue
        if "--hash=sha256:" not in entry:
            faults.append(f"no hash: {match[0]}")
        versions.setdefault(canonicalize_name(match[1]), []).append(match[3])
    return versions, faults


def main() -> int:
    """Print what is amiss; 1 if anything is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    versions, faults = locked((ROOT / "requirements.lock").read_text())
    for line in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]:
        wanted = Requirement(line)
        if wanted.marker and not Marker(str(wanted.marker)).evaluate():
            continue
        given = versions.get(canonicalize_name(wanted.name), [])
        if not any(wanted.specifier.contains(version, prereleases=True) for version in given):
            faults.append(f"pyproject.toml asks for {line}; the lock has {', '.join(given) or 'none'}")
    for fault in faults:
        print(fault)
    if faults:
        print(f"Renew it: {RENEW} -o requirements.lock")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
