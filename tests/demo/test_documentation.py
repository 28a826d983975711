"""What the pages name is there: the tests of docs/rules.md, and whatever the pages link to."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_test_that_the_rules_name_is_there() -> None:
    named = []
    for cell in re.split(r"<br>|\|", (ROOT / "docs" / "rules.md").read_text()):
        file = re.match(r"\s*`([a-z_0-9/]+\.py)`: ", cell)
        if file:
            code = (ROOT / "tests" / file[1]).read_text()
            for name in re.findall(r"`(test_\w+)`", cell):
                named.append(name)
                assert f"def {name}(" in code, f"{file[1]} has no {name}"
    assert len(named) > 40


def test_the_rules_are_21_in_order() -> None:
    numbers = re.findall(r"^\| (\d+) \|", (ROOT / "docs" / "rules.md").read_text(), re.MULTILINE)
    assert numbers == [str(number) for number in range(1, 22)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_the_first_page_fits_on_two_screens() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 80
