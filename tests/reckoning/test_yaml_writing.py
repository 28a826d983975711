"""Terms as YAML read back to the same canonical bytes: all that are published, and whatever can be made up."""

import subprocess
import sys

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reckoning.canonical import canonical_json
from reckoning.terms import parse_terms
from reckoning.terms.lines import line_of, lines_of
from reckoning.terms.plain import MAX_BYTES, read_plain
from reckoning.terms.yaml_writing import write_yaml
from tests.contracts.filled import NAMES, agreement

# Half letters and the zero byte are refused where a text is read (`test_hostile_terms.py`); all else is carried.
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15) + 1, 10**15 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=25,
)


@pytest.mark.parametrize("name", NAMES)
def test_every_published_agreement_reads_back_to_its_canonical_bytes(name):
    terms = agreement(name)
    text = write_yaml(terms.document(), heading=f"{name}\n{'0' * 64}")
    assert parse_terms(text).canonical() == terms.canonical()
    assert parse_terms(terms.canonical()).canonical() == terms.canonical()
    # Any other reader of YAML sees the same document.
    assert yaml.safe_load(text) == terms.document()


@settings(max_examples=80)
@given(st.dictionaries(TEXT, PLAIN, min_size=1, max_size=6))
def test_whatever_is_written_reads_back_the_same(plain):
    assert read_plain(write_yaml(plain)) == plain


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "No",
        "null",
        "~",
        "12",
        "012",
        "1e3",
        "99.90",
        "2025-01-31",
        "12:30",
        "- a",
        "a: b",
        "a #b",
        " a",
        "a ",
        "",
        "<<",
        "*a",
        "&a",
        "!x",
        "|",
        ">",
        "%",
        "@",
        "`",
        "'",
        '"',
        "\\",
        "a\nb\n",
        "\u2028",
        "\x85",
        "\ufeff",
        "é",
        "😀",
        "=",
        "?",
        "? a",
        "true",
        "a\tb",
        "x" * 2_000,
    ],
)
def test_nothing_is_guessed_at(text):
    assert read_plain(write_yaml({"a": text, text: [text, {text: text}]})) == {
        "a": text,
        text: [text, {text: text}],
    }


def test_what_would_be_too_large_as_yaml_is_written_as_canonical_json():
    plain = {"a": {"b": {"c": [1] * 200_000}}}
    assert len(canonical_json(plain)) <= MAX_BYTES
    assert write_yaml(plain).startswith('{"a":{"b"')


JSON = '{\n\t"title": "x",\n\t"commitments": [\n\t\t{"key": "a"},\n\t\t{\n\t\t\t"caps": [1]\n}]}'
YAML = "# words\ntitle: x\ncommitments:\n  - key: a\n  - caps:\n      - 1\n"


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        (JSON, "title", 2),
        (JSON, "commitments.1.caps.0", 6),
        (JSON, "commitments.0.no.such", 4),
        (YAML, "", 2),
        (YAML, "title", 2),
        (YAML, "commitments.0.key", 4),
        (YAML, "commitments.1.caps", 5),
        (YAML, "commitments.1.caps.0", 6),
        (YAML, "commitments.7", 3),
    ],
)
def test_a_value_is_found_by_its_line(text, path, line):
    assert line_of(lines_of(text), path) == line


def test_a_file_that_is_neither_has_no_lines():
    assert lines_of("a: [") == {}
    assert line_of({}, "a") is None


def test_the_command_line_reads_what_is_written(tmp_path):
    terms = agreement(NAMES[0])
    (tmp_path / "a.yaml").write_text(write_yaml(terms.document(), heading="a"))
    (tmp_path / "a.json").write_bytes(terms.canonical())
    command = [
        sys.executable,
        "manage.py",
        "terms",
        "diff",
        str(tmp_path / "a.yaml"),
        str(tmp_path / "a.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
