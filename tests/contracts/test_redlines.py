"""Redlines as files: the same bytes, readable by others, and both texts come back out of the tracked changes."""

import io
import zipfile
from xml.etree import ElementTree

import docx
import pypdfium2
import pytest
from pikepdf.pdfa import validate_written

from contracts.redline_files import redline_docx, redline_pdf
from contracts.redlines import HARMLESS, POLICY, Compared, Text, heading_parts
from reckoning.terms import CommitmentTerms, Terms, parse_terms, terms_sha256
from reckoning.terms.changes import changes_between
from reckoning.terms.redline import marked, redline
from reckoning.terms.wording import word
from tests import factories
from tests.contracts.filled import NAMES, agreement

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Parties:
    """What a redline says of its contract."""

    reference, title = "C-1", "An agreement & more <b>"
    legal_entity = type("Entity", (), {"name": "Our Us GmbH"})


def compared(before, after) -> Compared:
    return Compared(
        Text("version 1", before, terms_sha256(before)), Text("version 2", after, terms_sha256(after))
    )


def two() -> Compared:
    before = parse_terms(factories.terms())
    caps = [{"per": "window", "kind": "percent_of_fee", "value": "30"}]
    own = factories.commitment_terms(target_percent="99.5", caps=caps, title="Another <title>")
    return compared(before, parse_terms(factories.terms(own, title="Terms & words of a test")))


def paragraphs(content: bytes, *, accepted: bool) -> list[str]:
    """The paragraphs of a Word file after all of its changes were accepted, or rejected."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        root = ElementTree.fromstring(package.read("word/document.xml"))  # our own bytes
    said = []
    for paragraph in root.iter(f"{W}p"):
        mark = paragraph.find(f"{W}pPr/{W}rPr")
        ended = None if mark is None else mark[0].tag
        if ended == (f"{W}del" if accepted else f"{W}ins"):
            continue
        text = ""
        for child in paragraph:
            if child.tag == f"{W}r" or child.tag == (f"{W}ins" if accepted else f"{W}del"):
                text += "".join(one.text or "" for one in child.iter() if one.tag in (f"{W}t", f"{W}delText"))
        said.append(text)
    return said


def wording(terms) -> list[str]:
    return [line for clause in word(terms) for line in (f"{clause.number} {clause.heading}", clause.text)]


def test_the_word_file_gives_the_new_text_when_accepted_and_the_old_when_rejected():
    one = two()
    content = redline_docx(Parties, one)
    assert sorted(paragraphs(content, accepted=True)[3:]) == sorted(wording(one.after.terms))
    assert sorted(paragraphs(content, accepted=False)[3:]) == sorted(wording(one.before.terms))
    assert paragraphs(content, accepted=True)[3:] == wording(one.after.terms)


def test_another_reader_of_word_files_finds_the_headings_and_what_was_put_in():
    one = two()
    content = redline_docx(Parties, one)
    read = docx.Document(io.BytesIO(content))
    headings = [row.text for row in read.paragraphs if row.style.name == "Heading 2"]
    assert len(headings) == len(one.redline.clauses)
    assert read.core_properties.author == "Our Us GmbH"
    assert read.core_properties.title == "Redline of C-1"
    tracked = read.element.body.xpath(".//w:ins | .//w:del")
    assert {row.get(f"{W}author") for row in tracked} == {"SLA Ledger"}
    assert len({row.get(f"{W}id") for row in tracked}) == len(tracked)


@pytest.mark.parametrize("names", [(0, 1), (5, 6), (20, 40)])
def test_tracked_changes_of_two_published_agreements_lose_no_word(names):
    left, right = (agreement(NAMES[at]) for at in names)
    content = redline_docx(Parties, compared(left, right))
    assert paragraphs(content, accepted=True)[3:] == wording(right)
    assert sorted(paragraphs(content, accepted=False)[3:]) == sorted(wording(left))


def test_a_redline_has_the_same_bytes_whenever_it_is_made():
    assert redline_docx(Parties, two()) == redline_docx(Parties, two())
    assert redline_pdf(Parties, two()) == redline_pdf(Parties, two())


def test_the_pdf_is_of_its_archive_format_and_says_what_the_page_says():
    one = two()
    content = redline_pdf(Parties, one)
    assert validate_written(io.BytesIO(content), "3b").passed
    with pypdfium2.PdfDocument(content) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    words = " ".join(text.split())
    assert "A cap was moved" in words
    assert "[-99.9-]{+99.5+}" in words.replace("+}.", "+}")


def test_what_moves_money_is_named_and_what_only_reads_otherwise_is_not():
    assert {flag.said for flag in two().flags} == {"A cap was moved", "What is promised was changed"}
    before = parse_terms(factories.terms())
    assert not compared(before, parse_terms(factories.terms(title="Other"))).flags
    assert not compared(before, before).fields


def test_every_field_of_the_terms_is_known_to_move_something_or_not():
    fields = {*Terms.model_fields, *CommitmentTerms.model_fields}
    assert fields == POLICY.keys() | HARMLESS
    assert not POLICY.keys() & HARMLESS


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"fee_base": {"period": "previous_window"}},
            "The fee that a credit is a part of was changed",
        ),
        ({"minimum": {"amount": "10.00", "strict": False}}, "The least amount that is paid was moved"),
        ({"rounding": {"place": "final_amount", "mode": "down"}}, "How amounts are rounded was changed"),
        ({"cut_off_days": 9}, "When results become final was changed"),
        ({"services": ["other"]}, "Which services the promise is for was changed"),
    ],
)
def test_a_field_that_moves_money_is_told_by_its_place(changes, said):
    own = factories.commitment_terms(**changes)
    found = compared(parse_terms(factories.terms()), parse_terms(factories.terms(own)))
    assert [flag.said for flag in found.flags] == [said]


def test_a_promise_that_comes_or_goes_is_one_line_and_a_heading_that_changes_is_marked():
    one, other = factories.commitment_terms(), factories.commitment_terms(key="second")
    few, many = (parse_terms(factories.terms(*those)) for those in ([one], [one, other]))
    assert [(flag.said, flag.fields) for flag in compared(few, many).flags] == [
        ("A promise was put in", ("commitments[second]",))
    ]
    assert [flag.said for flag in compared(many, few).flags] == ["A promise was taken out"]
    renamed = parse_terms(factories.terms(factories.commitment_terms(title="Monthly uptime")))
    [changed] = compared(few, renamed).changed
    assert marked(heading_parts(changed)) == "Monthly [-availability-]{+uptime+}"


@pytest.mark.parametrize("names", [(0, 1), (3, 30), (12, 13), (44, 45)])
def test_the_changes_between_two_texts_make_the_one_of_the_other(names):
    from reckoning.terms.amendments import parse_amendment, texts

    left, right = (agreement(NAMES[at]) for at in names)
    if left.currency != right.currency:
        right = right.model_copy(update={"currency": left.currency})
    changes = changes_between(left, right)
    document = parse_amendment(
        {
            "id": "a-1",
            "title": "All of it",
            "kind": "amendment",
            "base_sha256": terms_sha256(left),
            "effective_from": "2025-01-01",
            "mid_window": "next_window",
            "changes": [change.model_dump(exclude_none=True) for change in changes],
        }
    )
    assert texts(left, [document])[-1].sha256 == terms_sha256(right)
    assert not redline(texts(left, [document])[-1].terms, right).fields


def test_items_that_only_change_places_are_a_change_too():
    one, other = factories.commitment_terms(), factories.commitment_terms(key="second")
    before = parse_terms(factories.terms(one, other))
    after = parse_terms(factories.terms(other, one))
    assert [change.at for change in changes_between(before, after)] == ["commitments"]
    assert changes_between(before, before) == ()
