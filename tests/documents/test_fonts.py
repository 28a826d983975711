"""The typefaces are what their table says, and nothing of a text is lost between them."""

import re
from pathlib import Path

import pytest

from base.pdf import faces
from base.pdf.faces import FOLDER
from base.pdf.typeset import Typesetter

README = (FOLDER / "README.md").read_text()


def shown(text: str, room: float = 10_000) -> list[str]:
    """The lines of a text as they are drawn, from left to right."""
    return ["".join(run.text for run in line.runs) for line in Typesetter().lines(text, 10, room)]


def test_the_table_of_typefaces_names_every_file_and_its_characters() -> None:
    coverage = faces.coverage()
    for name, file in faces.FILES.items():
        assert f"{file}" in README
        assert f"{coverage[name]:,}" in README, (name, coverage[name])
    assert sorted(path.name for path in FOLDER.glob("*.ttf")) == sorted(faces.FILES.values())


def test_the_licence_lies_beside_the_typefaces_and_names_each() -> None:
    text = (FOLDER / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE" in text
    assert all(file in text for file in faces.FILES.values())


@pytest.mark.parametrize(("codec", "lead", "trail"), [("gb2312", 0xB0, 0xF8), ("euc_kr", 0xB0, 0xC9)])
def test_every_character_of_the_common_sets_has_a_face(codec: str, lead: int, trail: int) -> None:
    for first in range(lead, trail):
        for second in range(0xA1, 0xFF):
            try:
                one = bytes([first, second]).decode(codec)
            except UnicodeDecodeError:
                continue
            assert faces.face_of(one, False), f"U+{ord(one):04X}"


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Müller & Söhne, Łódź, Ελλάδα, Россия", "Müller & Söhne, Łódź, Ελλάδα, Россия"),
        ("שלום", "םולש"),
        ("שלום (ACME) 12", "12 (ACME) םולש"),
        ("ACME (שלום) 12", "ACME (םולש) 12"),
        ("ACME שלום (טוב) x", "ACME (בוט) םולש x"),
        ("שלום is up at least 99.9 %.", "םולש is up at least 99.9 %."),
        ("株式会社", "株式会社"),
        ("삼성전자", "삼성전자"),
        ("e\u0301", "é"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_a_text_is_drawn_in_its_own_order(text: str, drawn: str) -> None:
    assert shown(text) == [drawn]


def test_arabic_letters_take_their_joined_shapes() -> None:
    [line] = shown("شركة")
    assert line == "\ufe94\ufedb\ufeae\ufeb7"


def test_what_no_face_has_is_shown_and_remembered_and_so_is_what_would_turn_the_order() -> None:
    setter = Typesetter()
    line = setter.line("a\U0001f600b\u202ec\x07d", 10)
    assert "".join(run.text for run in line.runs) == "a\ufffdb\ufffdc\ufffdd"
    assert setter.missing == {"\U0001f600", "\u202e", "\x07"}


@pytest.mark.parametrize("room", [30, 61, 200])
@pytest.mark.parametrize(
    "text",
    [
        "a few words and a verylongwordthatmustbecutsomewhere",
        "0123456789abcdef" * 5,
        "株式会社、日本。システム" * 4,
    ],
)
def test_no_line_is_wider_than_its_room_and_no_character_is_lost(text: str, room: int) -> None:
    setter = Typesetter()
    lines = setter.lines(text, 10, room)
    assert all(line.width <= room + 0.001 for line in lines)
    drawn = "".join(run.text for line in lines for run in line.runs)
    assert re.sub(r"\s", "", drawn) == re.sub(r"\s", "", text)


def test_a_line_never_begins_with_what_closes_a_sentence() -> None:
    for room in range(21, 80, 3):
        assert not any(line[0] in "、。" for line in shown("株式会社、日本。システム、会社。", room))


def test_the_folder_of_typefaces_stays_small() -> None:
    assert sum(path.stat().st_size for path in Path(FOLDER).iterdir()) < 8_000_000
