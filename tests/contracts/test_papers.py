"""Papers: kept as they came, hostile ones refused, and passages that stand where they are said to stand."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import Event
from base.errors import NotAllowed
from contracts import services
from contracts.errors import FieldsRefused, NoSuchClause, PaperRefused, PassageNotThere, ReasonMissing
from contracts.models import ClausePassage, Paper, PaperPage
from contracts.papers.keeping import content_of
from contracts.papers.matching import Span, find, find_every, nearest
from contracts.papers.passages import beside
from contracts.papers.safely import draw_page, read_paper
from tests import factories
from tests.contracts import pdfs

AVAILABILITY, CREDITS = "commitments[availability].target_percent", "commitments[availability].claim"


def kept(version, content=None, **values) -> Paper:
    given = {"content": content or pdfs.pdf(*pdfs.SIGNED), "name": "signed.pdf", "kind": "signed"} | values
    with factories.legal():
        return services.attach_paper(version=version, **given)


def attach(version, paper, place, number=1, **values) -> ClausePassage:
    with factories.legal():
        return services.attach_passage(
            version=version, place=place, page=paper.pages.get(number=number), **values
        )


def places(version) -> list[str]:
    return [one.placed.place for one in beside(version).clauses]


@pytest.fixture
def version(db):
    return factories.draft()


# Hostile files --------------------------------------------------------------------------------------------

HOSTILE = {
    "no PDF at all": (lambda: b"\x89PNG\r\n\x1a\n" + b"0" * 100, "is not a PDF"),
    "nothing": (lambda: b"", "is empty"),
    "cut off": (lambda: pdfs.pdf(*pdfs.SIGNED)[:-200], "is cut off"),
    "cut off and given an end": (lambda: pdfs.pdf(*pdfs.SIGNED)[:400] + b"%%EOF", "is damaged"),
    "a page that is also a PDF": (lambda: b"<html><script>" + pdfs.pdf(*pdfs.SIGNED), "two files in one"),
    "a PDF that is also an archive": (lambda: pdfs.pdf(*pdfs.SIGNED) + b"PK\x03\x04" * 9, "two files in one"),
    "locked": (pdfs.encrypted, "locked with a password"),
    "JavaScript": (pdfs.scripted, "holds JavaScript"),
    "starts a program": (pdfs.launching, "starts another program"),
    "one page too many": (pdfs.too_many_pages, "more than 500 pages"),
    "pages without end": (pdfs.growing_tree, "is damaged"),
    "a stream that grows": (pdfs.huge_stream, "grow without end"),
    "a stream that grows, encrypted": (lambda: pdfs.owner_locked(pdfs.huge_stream(400)), "grow without end"),
    "JavaScript, encrypted": (lambda: pdfs.owner_locked(pdfs.scripted()), "holds JavaScript"),
    "for the holders of certificates": (pdfs.locked_for_certificates, "cannot be opened here"),
    "a form without end": (pdfs.endless_fields, "more than 5,000 fields"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_in_a_sentence(what):
    make, sentence = HOSTILE[what]
    content = make()
    with pytest.raises(PaperRefused, match=sentence):
        read_paper(content)


def test_nothing_of_a_refused_file_is_kept(version):
    with factories.legal(), pytest.raises(PaperRefused):
        services.attach_paper(version=version, content=pdfs.scripted(), name="a.pdf", kind="signed")
    assert not Paper.objects.exists()
    assert not Event.objects.filter(verb="contract_version.attach_paper").exists()


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_not(settings):
    content = pdfs.pdf(*pdfs.SIGNED)
    settings.PAPER_BYTES = len(content)
    assert len(read_paper(content).pages) == 2
    settings.PAPER_BYTES = len(content) - 1
    with pytest.raises(PaperRefused, match="bytes"):
        read_paper(content)


CARRIES = {
    "a file": (pdfs.attached, ("an attached file",)),
    "three signatures": (
        lambda: pdfs.signature_fields(3),
        ("3 digital signatures; they are kept, not checked",),
    ),
    "one of three": (
        lambda: pdfs.signature_fields(1, 2),
        (
            "1 digital signature; it is kept, not checked",
            "2 fields for a digital signature that nobody filled in",
        ),
    ),
    "an owner's password": (
        pdfs.owner_locked,
        ("an owner's password against changes; it opens without it, and was looked at as any other",),
    ),
    "a scan": (
        lambda: pdfs.pdf((), ()),
        ("no words on any of its pages: a scan, in which nothing can be found or checked",),
    ),
    "a scan in the middle": (
        lambda: pdfs.pdf(("a line",), (), ("another",)),
        ("no words on 1 of its 3 pages: a scan, in which nothing can be found or checked",),
    ),
    "nothing": (lambda: pdfs.pdf(*pdfs.SIGNED), ()),
}


@pytest.mark.parametrize("what", CARRIES)
def test_what_a_file_carries_besides_pages_is_named(what):
    make, carries = CARRIES[what]
    assert read_paper(make()).carries == carries


def test_whoever_hangs_is_ended(monkeypatch):
    from contracts.papers import safely

    monkeypatch.setattr(safely, "WALL_SECONDS", 0.01)
    with pytest.raises(PaperRefused, match="longer than"):
        read_paper(pdfs.pdf(*pdfs.SIGNED))


# Papers ---------------------------------------------------------------------------------------------------


def test_a_paper_is_kept_byte_for_byte_with_its_pages_and_its_hash_in_the_record(version):
    content = pdfs.pdf(*pdfs.SIGNED)
    paper = kept(version, content, title="Master agreement", dated_on=date(2021, 12, 1))
    paper.refresh_from_db()
    assert bytes(paper.content) == content_of(paper) == content
    assert paper.page_count == paper.pages.count() == 2
    event = Event.objects.get(verb="contract_version.attach_paper")
    assert event.subject_id == str(version.pk)
    assert event.after["sha256"] == paper.sha256
    assert draw_page(content, 2).startswith(b"\x89PNG")


def test_the_same_bytes_again_are_the_paper_that_is_there(version):
    assert kept(version) == kept(version)
    assert Event.objects.filter(verb="contract_version.attach_paper").count() == 1


def test_only_legal_keeps_papers(version):
    from audit.record import acting

    with acting(factories.user("finance"), via="page"), pytest.raises(NotAllowed):
        services.attach_paper(version=version, content=pdfs.pdf(("x",)), name="a.pdf", kind="signed")


def test_the_database_refuses_bytes_of_another_hash(version):
    paper = kept(version)
    fields = "version_id, kind, title, name, content, sha256, byte_count, page_count, carries, uploaded_by_id"
    with pytest.raises(IntegrityError, match="hash"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO contracts_paper ({fields}) SELECT version_id, kind, title, name, 'x', "
            "repeat('0', 64), 1, 1, carries, uploaded_by_id FROM contracts_paper WHERE id = %s",
            [paper.pk],
        )


# Passages -------------------------------------------------------------------------------------------------


def test_a_passage_is_kept_as_it_stands_on_the_page(version):
    paper = kept(version)
    row = attach(
        version, paper, AVAILABILITY, passage="available for AT LEAST 99.9 %\n of every calendar month"
    )
    assert row.text == "available for at least 99.9 % of every calendar month,"
    assert not row.read_by_person
    found = beside(version)
    assert found.attached == 1
    assert Event.objects.get(verb="contract_version.attach_passage").after["paper_sha256"] == paper.sha256


def test_lines_are_a_passage_too(version):
    row = attach(version, kept(version), CREDITS, number=2, lines=(2, 3))
    assert row.text == "2. Credits Below 99.9 % the customer is credited ten per cent of the charge."


def test_words_that_do_not_stand_there_are_refused_with_what_does(version):
    paper = kept(version)
    with pytest.raises(PassageNotThere, match=r"what stands there is: .*at least 99\.9 % of every"):
        attach(version, paper, AVAILABILITY, passage="available for at least 99.5 % of every")
    with pytest.raises(PassageNotThere, match="stands on page 2"):
        attach(version, paper, AVAILABILITY, passage="the customer is credited")
    with pytest.raises(PassageNotThere, match="nor do any"):
        attach(version, paper, AVAILABILITY, passage="zzz")
    assert not ClausePassage.objects.exists()


def test_a_scan_is_read_by_a_person_and_marked_so(version):
    paper = kept(version, pdfs.pdf((), ("a line",)))
    row = attach(version, paper, AVAILABILITY, passage="at least  99.9 %")
    assert row.read_by_person
    assert row.text == "at least 99.9 %"
    for nothing in (" ", "at least\0 99.9 %"):
        with pytest.raises(FieldsRefused):
            attach(version, paper, AVAILABILITY, passage=nothing)


def test_there_is_no_passage_without_its_clause_or_of_another_contracts_paper(version):
    other = factories.draft(factories.contract("C-2"))
    with pytest.raises(NoSuchClause):
        attach(version, kept(version), "commitments[no-such].claim", passage="Credits", number=2)
    with pytest.raises(NoSuchClause):
        attach(version, kept(other), AVAILABILITY, passage="Credits", number=2)


def test_a_clause_that_changed_is_to_be_read_again_and_confirmed(version):
    row = attach(version, kept(version), AVAILABILITY, lines=(2, 3))
    with factories.legal():
        services.edit_draft(version, factories.terms(factories.commitment_terms(target_percent="99.95")))
    clause = next(one for one in beside(version).clauses if one.passages)
    assert clause.to_read_again == [row]
    assert beside(version).attached == 0
    with factories.legal():
        (again,) = services.confirm_passages(version=version, passages=[row])
        assert services.confirm_passages(version=version, passages=[again]) == []
    assert again.replaces == row
    assert beside(version).attached == 1


def test_a_passage_that_is_taken_away_stays_in_the_record(version):
    row = attach(version, kept(version), AVAILABILITY, lines=(2, 3))
    with factories.legal():
        with pytest.raises(ReasonMissing):
            services.take_passage_away(passage=row, reason=" ")
        gone = services.take_passage_away(passage=row, reason="the wrong clause")
        assert services.take_passage_away(passage=row, reason="the wrong clause") == gone
    assert beside(version).attached == 0
    assert ClausePassage.objects.count() == 2


def test_passages_are_proposed_for_clauses_of_equal_words_in_the_next_version(version):
    paper = kept(version)
    attach(version, paper, AVAILABILITY, lines=(2, 3))
    attach(version, paper, CREDITS, number=2, lines=(2, 3))
    changed = factories.terms(factories.commitment_terms(target_percent="99.95"))
    later = factories.draft(version.contract, changed, date(2023, 1, 1))
    found = beside(later)
    assert [row.place for row in found.proposals] == [CREDITS]
    with factories.legal():
        (row,) = services.confirm_passages(version=later, passages=found.proposals)
        assert services.confirm_passages(version=later, passages=found.proposals) == []
    assert (row.version, row.carried_from) == (later, found.proposals[0])
    assert beside(later).attached == 1
    assert beside(later).proposals == []


def test_the_database_refuses_a_passage_past_the_words_of_its_page(version):
    row = attach(version, kept(version), AVAILABILITY, lines=(2, 3))
    words = len(PaperPage.objects.get(pk=row.page_id).words)
    row.pk, row._state.adding = None, True
    row.last_word = words
    with pytest.raises(IntegrityError, match="does not stand"), transaction.atomic():
        row.save()


# Matching -------------------------------------------------------------------------------------------------

WORDS = [
    [0, text, 0, 0, 1, 1]
    for text in ("“The", "Provider", "shall", "main-", "tain", "99-", "95", "re-sign", "(today).")
]


@pytest.mark.parametrize(
    ("passage", "span"),
    [
        ("Provider shall maintain", Span(1, 4)),
        ("the provider shall main-\ntain", Span(0, 4)),
        ('"The Provider', Span(0, 1)),
        ("vider shall", None),
        ("Provider sha", None),
        ("99-95", Span(5, 6)),
        ("9995", None),
        ("resign (today)", Span(7, 8)),
        ("resign today", None),
        ("(today).", Span(8, 8)),
        ("", None),
        ("-", None),
    ],
)
def test_whole_words_are_found_whatever_their_line_ends_and_hyphens(passage, span):
    assert find(WORDS, passage) == span


def test_a_search_finds_parts_of_words_and_what_stands_nearest_is_told():
    assert find_every(WORDS, "vid") == [Span(1, 1)]
    assert nearest(WORDS, "the supplier shall maintain").startswith("“The Provider shall main- tain")
