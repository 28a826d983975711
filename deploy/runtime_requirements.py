"""Print the lock file without what only development needs: ``python runtime_requirements.py requirements.lock``.

The lock says behind every package for whose sake it is there ("via"). Kept is what the product asks for itself,
and what anything kept asks for.
"""

import re
import sys
from pathlib import Path

PRODUCT = "sla-ledger (pyproject.toml)"


def entries(text: str) -> dict[str, tuple[str, set[str]]]:
    """Package by package: the lines as they stand, and for whose sake it is there."""
    found: dict[str, tuple[str, set[str]]] = {}
    for block in re.split(r"(?m)^(?=[a-z0-9])", text)[1:]:
        name = re.split(r"[=\[ ]", block, maxsplit=1)[0]
        comments = [line.strip(" #") for line in block.splitlines() if line.lstrip().startswith("#")]
        sakes = {line.removeprefix("via").strip() for line in comments} - {""}
        if name in found:  # the same package for another platform
            found[name] = (found[name][0] + block, found[name][1] | sakes)
        else:
            found[name] = (block, sakes)
    return found


def kept(packages: dict[str, tuple[str, set[str]]]) -> set[str]:
    """The names that the product needs, directly or through others."""
    names = {name for name, (_, sakes) in packages.items() if PRODUCT in sakes}
    while True:
        more = {name for name, (_, sakes) in packages.items() if sakes & names} - names
        if not more:
            return names
        names |= more


def main() -> None:
    """Read the file that is named, print what is kept of it."""
    packages = entries(Path(sys.argv[1]).read_text())
    names = kept(packages)
    sys.stdout.write("".join(block for name, (block, _) in packages.items() if name in names))


if __name__ == "__main__":
    main()
