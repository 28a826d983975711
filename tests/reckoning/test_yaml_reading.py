"""YAML is read as data: nothing is guessed, nothing is built, and hostile bytes are refused at once."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reckoning.errors import TermsError
from reckoning.terms import yaml_reading
from reckoning.terms.plain import read_plain
from tests.work import at_most


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("99.90", "99.90"),
        ("99", 99),
        ("-3", -3),
        ("0", 0),
        ("123456789012345", 123456789012345),
        ("1234567890123456", "1234567890123456"),
        ("1e5", "1e5"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2025-01-31", "2025-01-31"),
        ("2025-01-31T10:00:00Z", "2025-01-31T10:00:00Z"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'99'", "99"),
        ('"true"', "true"),
        ("text with blanks", "text with blanks"),
        ("|\n  two\n  lines\n", "two\nlines"),
        (">\n  one\n  line\n", "one line"),
        ("[1, 2.50, x]", [1, "2.50", "x"]),
        ("{b: 1}", {"b": 1}),
    ],
)
def test_a_value_is_what_is_written(written: str, read: Any) -> None:
    assert read_plain(f"a: {written}") == {"a": read}


def test_a_key_is_a_name_whatever_it_looks_like() -> None:
    assert read_plain("a:\n  99: x\n  no: y\n  010: z") == {"a": {"99": "x", "no": "y", "010": "z"}}


def test_json_in_a_file_is_json() -> None:
    assert read_plain(b'\xef\xbb\xbf {"a": "1.0"}') == {"a": "1.0"}
    with pytest.raises(TermsError, match="a: is a binary number"):
        read_plain('{"a": 1.5}')


HOSTILE = {
    "alias": ("a: &x 1\nb: *x", "a: has &x; anchors and aliases are not read.* \\(line 1\\)"),
    "billion laughs": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "anchors"),
    "alias alone": ("a: *x", "has \\*x"),
    "object": ("a: !!python/object/apply:os.system ['true']", "tags are not read"),
    "tag": ("a: ! 12", "tag"),
    "merge": ("a:\n  <<: {b: 1}", "merge key"),
    "two documents": ("a: 1\n---\nb: 1", "second document"),
    "repeated": ("a: 1\nb:\n  - c: 1\n    c: 2", "b.0: 'c' stands twice .*line 4"),
    "leading zero": ("a:\n  - 010", "a.0: 010 begins with a zero"),
    "brackets": ("a: " + "[" * 400_000, "levels"),
    "braces": ("a: " + "{a: " * 200_000, "levels"),
    "dashes": ("- " * 200_000, "levels"),
    "keys of lists": ("? [a]\n: b", "key that is not text"),
    "questions": ("? " * 200_000, "key that is not text"),
    "many values": ("a: [" + "1," * 200_000 + "1]", "values"),
    "many keys": ("\n".join(f"k{n}: 1" for n in range(80_000)), "values"),
    "long": ("a: " + "x" * 1_000_001, "larger"),
    "open": ("a: [1", "not YAML: .* at line 2, column 1"),
    "tab": ("a:\n\t- b", "not YAML"),
    "control": ("a: \x01", "character that YAML does not allow"),
    "half a character": ('a: "\\ud800"', "not YAML"),
    "version": ("%YAML 9.9\n---\na: 1", "not YAML"),
    "empty": ("  \n", "not JSON or YAML"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_with_little_work(name: str) -> None:
    text, words = HOSTILE[name]
    with at_most(calls=2_500_000), pytest.raises(TermsError, match=words):
        read_plain(text)


@pytest.mark.parametrize("name", ["alias", "tag", "merge", "repeated", "leading zero", "two documents"])
def test_the_parser_in_python_refuses_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_reading, "_LOADER", yaml.SafeLoader)
    text, words = HOSTILE[name]
    with pytest.raises(TermsError, match=words):
        read_plain(text)
    assert read_plain("a: [99.90, 7, 'x', true]") == {"a": ["99.90", 7, "x", True]}


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**14), 10**14)
    | st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcxyz", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(plain_values)
def test_what_another_writer_wrote_as_yaml_is_read_back(value: Any) -> None:
    # JSON is YAML as well: written on one line behind a key it goes through the reader of YAML.
    assert read_plain(f"a: {json.dumps(value, ensure_ascii=False)}") == {"a": value}
