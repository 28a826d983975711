"""The clauses of a version with the passages of the paper that they rest on, and which must be read again."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.db.models import QuerySet

from contracts.models import ClausePassage, ContractVersion
from contracts.reading import terms_of
from reckoning.canonical import canonical_json, canonical_object, sha256_hex
from reckoning.kept import Kept
from reckoning.terms import CommitmentTerms, Terms
from reckoning.terms.places import named
from reckoning.terms.wording import Clause, commitment_words, word

_PLACES: Kept[dict[str, str]] = Kept(1000)


@dataclass(frozen=True)
class PlacedClause:
    """A clause of the plain wording, with the names that find it and the hash of its words."""

    place: str
    clause: Clause
    sha256: str

    @property
    def label(self) -> str:
        """Number and heading."""
        return f"{self.clause.number} {self.clause.heading}"


@dataclass
class ClauseBeside:
    """A clause with its passages in force, and those of earlier versions that may be carried over."""

    placed: PlacedClause
    passages: list[ClausePassage] = field(default_factory=list)
    proposals: list[ClausePassage] = field(default_factory=list)

    @property
    def is_attached(self) -> bool:
        """Whether some passage was laid beside exactly these words."""
        return any(row.clause_sha256 == self.placed.sha256 for row in self.passages)

    @property
    def to_read_again(self) -> list[ClausePassage]:
        """Passages that were laid beside other words than the clause has now."""
        return [row for row in self.passages if row.clause_sha256 != self.placed.sha256]


@dataclass(frozen=True)
class Beside:
    """All clauses of a version beside the paper, and passages whose clause is there no more."""

    clauses: tuple[ClauseBeside, ...]
    orphans: tuple[ClausePassage, ...]

    @property
    def attached(self) -> int:
        """How many clauses have a passage that was laid beside the words that they have now."""
        return sum(one.is_attached for one in self.clauses)

    @property
    def proposals(self) -> list[ClausePassage]:
        """All that may be carried over."""
        return [row for one in self.clauses for row in one.proposals]


def clauses_of(terms: Terms) -> list[PlacedClause]:
    """The clauses in their order. The hash is of heading and words: a clause that only moved keeps it."""
    around = canonical_object(terms.model_dump(exclude={"commitments"}))
    seen: Counter[str] = Counter()
    found = []
    for clause in word(terms):
        head, _, path = clause.path.partition(".")
        if head == "commitments":
            number, _, path = path.partition(".")
            place = _place_in(terms, terms.commitments[int(number)], path)
        else:
            place = named(around, clause.path)
        seen[place] += 1
        place = place if seen[place] == 1 else f"{place} ({seen[place]})"
        found.append(PlacedClause(place[:300], clause, _words_sha256(clause.heading, clause.text)))
    return found


def _place_in(terms: Terms, commitment: CommitmentTerms, path: str) -> str:
    """A path in a commitment by names; those of one text are kept, since the form asks at every key."""
    if not path:
        return f"commitments[{commitment.key}]"

    def places() -> dict[str, str]:
        plain = commitment.document()
        return {one: named(plain, one) for one, _, _ in commitment_words(terms, commitment) if one}

    inside = _PLACES.of((commitment.canonical, terms.currency, terms.zone), places)
    return f"commitments[{commitment.key}].{inside[path]}"


@lru_cache(maxsize=4000)
def _words_sha256(heading: str, text: str) -> str:
    return sha256_hex(canonical_json([heading, text]))


def in_force(versions: Sequence[ContractVersion] | QuerySet[ContractVersion]) -> QuerySet[ClausePassage]:
    """The passages of versions that nothing replaced and nobody took away, with page and paper, without bytes."""
    rows = ClausePassage.objects.filter(version__in=versions, removed=False, replaced_by=None)
    return (
        rows.select_related("page__paper__version", "attached_by")
        .defer("page__words", "page__paper__content", "page__paper__version__terms")
        .order_by("page__paper", "page__number", "first_word", "pk")
    )


def beside(version: ContractVersion, terms: Terms | None = None) -> Beside:
    """The version's clauses with their passages. Two queries. Raises TermsAltered."""
    clauses = [ClauseBeside(one) for one in clauses_of(terms or terms_of(version))]
    by_place = {one.placed.place: one for one in clauses}
    orphans = []
    for row in in_force([version]):
        if row.place in by_place:
            by_place[row.place].passages.append(row)
        else:
            orphans.append(row)
    bare = {one.placed.sha256: one for one in clauses if not one.passages}
    earlier = ContractVersion.objects.filter(contract=version.contract_id, number__lt=version.number)
    carried: dict[str, dict[int, list[ClausePassage]]] = defaultdict(lambda: defaultdict(list))
    for row in (
        in_force(earlier)
        .filter(clause_sha256__in=bare)
        .select_related("version", "page__paper__version", "attached_by")
        .defer("version__terms", "page__words", "page__paper__content", "page__paper__version__terms")
    ):
        carried[row.clause_sha256][row.version.number].append(row)
    for digest, by_version in carried.items():
        bare[digest].proposals = by_version[max(by_version)]
    return Beside(tuple(clauses), tuple(orphans))
