"""What stands against signing a change of a text: base, notice, other variations, windows, the text it makes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from contracts.checks import Standing, findings_in
from contracts.conformed import CHANGES, SUCCESSIVE, Chain, Kind, amendment_of
from contracts.models import ContractVersion
from contracts.reading import terms_of
from contracts.reckoned_before import reckoned_standings
from reckoning.canonical import canonical_json
from reckoning.errors import InputError, TermsError
from reckoning.fields import zone_info
from reckoning.terms import CommitmentTerms, Terms
from reckoning.timeline import Window, local_instant, window_of

OVER_WINDOWS = ("rolling", "year", "term")
ALWAYS_AT_AN_EDGE = ("day", "hour")
_WITH_EDGES = {*SUCCESSIVE, *ALWAYS_AT_AN_EDGE}
_MOST_STEPS = 60


def change_standings(version: ContractVersion) -> Iterator[Standing]:
    """What is found about a version beside the contract's other texts and the results that are there already."""
    if version.kind == Kind.WHOLE:
        yield from _replaces(version)
        return
    if version.kind not in CHANGES or version.state == ContractVersion.State.SIGNED:
        return
    if not (version.amendment or {}).get("changes"):
        yield _stands(
            "AMENDMENT_CHANGES_NOTHING",
            "amendment.changes",
            f"the text is that of {version.amends} to the byte, so that there is nothing to sign",
            "Edit the terms in the form; what differs from the text below becomes the change.",
        )
        return
    try:
        chain = Chain(version.contract, also=version)
        stretches = chain.stretches
    except TermsError as error:
        for path, sentence in error.findings:
            yield _stands(
                "AMENDMENT_DOES_NOT_FIT",
                path,
                sentence,
                "Correct the days, or write the change upon the text that stands now.",
            )
        return
    yield from _out_of_step(version, chain)
    yield from _upon_another(version, chain)
    yield from _windows(version)
    yield from _nobodys_text(version, chain)
    yield from reckoned_standings(version)
    for stretch in stretches:
        if stretch.version is None and version in stretch.applied:
            yield from _together(stretch.terms, version, stretch.from_on, stretch.made_of)


def _stands(code: str, path: str, sentence: str, mend: str, acceptable: bool = False) -> Standing:
    return Standing(code, path, sentence, mend, acceptable)


def _out_of_step(version: ContractVersion, chain: Chain) -> Iterator[Standing]:
    """The text must be what its document makes of its base, or people would sign two things."""
    if chain.made_by(version) != version.terms_sha256:
        yield _stands(
            "AMENDMENT_OUT_OF_STEP",
            "amendment",
            "the document of the change does not make this text of the text below it",
            "Save the draft again; the change is then derived from the text.",
        )


def _replaces(version: ContractVersion) -> Iterator[Standing]:
    """What a whole text does to changes of the texts before it: those that run end, those to come are in its way."""
    if version.state == ContractVersion.State.SIGNED:
        return
    yield from reckoned_standings(version)
    begins, ends = version.effective_from_on, version.effective_until_on
    changes = version.contract.versions.filter(state=ContractVersion.State.SIGNED, kind__in=CHANGES)
    touched = changes.exclude(kind=Kind.VARIATION, effective_until_on__lte=begins).select_related("contract")
    for other in touched.defer("terms").order_by("number"):
        if other.kind == Kind.VARIATION and other.effective_from_on < begins:
            yield _cut_short(other, begins)
        elif begins <= other.effective_from_on and (ends is None or other.effective_from_on < ends):
            yield _stands(
                "CHANGE_STILL_TO_COME",
                f"versions.v{other.number}",
                f"{other} is signed and begins on {other.effective_from_on}, upon a text that this one would have "
                "replaced by then",
                f"Let this text begin after {other.effective_from_on}, or write it as an amendment.",
            )


def _cut_short(variation: ContractVersion, on: date) -> Standing:
    return _stands(
        "VARIATION_CUT_SHORT",
        f"versions.v{variation.number}",
        f"{variation} would run until {variation.effective_until_on} and ends on {on}, as a whole text replaces "
        "everything before it",
        "Write the variation upon the new text once that is signed, or accept that it ends.",
        acceptable=True,
    )


def _upon_another(version: ContractVersion, chain: Chain) -> Iterator[Standing]:
    """A change of a text that does not stand on its first day would never apply."""
    root = chain.root_of(version)
    below = chain.whole_in_effect(version.effective_from_on)
    if below is None or below.pk != root.pk:
        stands = f"that of {below}" if below else "none"
        yield _stands(
            "AMENDMENT_DOES_NOT_FIT",
            "amendment.base_sha256",
            f"it changes the text of {root}, but on {version.effective_from_on} the text below is {stands}",
            "Write the change upon the text that stands on its first day.",
        )
        return
    for other in chain.rows:
        begins, ends = other.effective_from_on, version.effective_until_on
        if other.kind == Kind.WHOLE and ends and version.effective_from_on < begins < ends:
            yield _cut_short(version, begins)


def _together(
    terms: Terms, version: ContractVersion, from_on: date, made_of: tuple[ContractVersion, ...]
) -> Iterator[Standing]:
    """Findings of a text that nobody drafted: what this change makes together with others."""
    own = {(one.code, one.path) for one in findings_in(terms_of(version), version.contract)}
    names = ", ".join(f"v{one.number}" for one in made_of)
    for one in findings_in(terms, version.contract):
        if (one.code, one.path) not in own:
            yield Standing(
                one.code,
                f"text of {from_on}: {one.path}"[:300],
                f"{one.sentence} (in the text that {names} make together from {from_on} on)",
                one.mend,
                one.acceptable,
            )


# Windows (rule 10) ----------------------------------------------------------------------------------------


def window_holding(terms: Terms, clause: CommitmentTerms, day: date) -> Window | None:
    """The window of a clause in which a day of the terms' zone lies, begun before its midnight; None at an edge."""
    if clause.window.kind in ALWAYS_AT_AN_EDGE:
        return None
    at = local_instant(day, time(0), terms.zone)
    try:
        window = window_of(clause.window, terms.zone_of(clause), at)
    except InputError:
        return None
    return window if window.start < at.astimezone(UTC) < window.end else None


def changed_clauses(base: Terms, after: Terms) -> list[CommitmentTerms]:
    """The clauses of commitment whose text a change touches, as they are after it; all where it is a general one."""
    plain, edited = base.document(), after.document()
    before = {one["key"]: one for one in plain.pop("commitments")}
    now = {one["key"]: one for one in edited.pop("commitments")}
    general = canonical_json(plain) != canonical_json(edited)
    return [
        clause
        for clause in after.commitments
        if general
        or clause.key not in before
        or canonical_json(before[clause.key]) != canonical_json(now[clause.key])
    ]


def why_not_split(base: Terms, after: Terms, clause: CommitmentTerms) -> str:
    """Why the windows of a clause cannot be split at a change, in words that go on after its name; empty: they can.

    A part is measured over its own time by facts that have their times with them, and its level, schedule, minimum
    and caps are its own; what reaches over windows has no parts.
    """
    before = _as_before(base, clause)
    if before is not None and base.zone_of(before) != after.zone_of(clause):
        return "has windows of another zone after the change"
    for text in (clause, *([before] if before else ())):
        if text.window.kind not in SUCCESSIVE:
            return f"has windows of the kind {text.window.kind}, which do not follow one another"
        if text.indicator.kind != "uptime_from_intervals":
            return "is measured by counts or sums, which have no times by which they could be split"
        if text.part_life != "shorten_window":
            return "measures part of a window over all of it"
        if text.schedule.repetition is not None or any(cap.per in OVER_WINDOWS for cap in text.caps):
            return "has a cap or a schedule that counts over several windows"
        if any(cap.per == "receiving_invoice" and cap.carry_over for cap in text.caps):
            return "carries credits over to later invoices"
    return ""


def _as_before(base: Terms, clause: CommitmentTerms) -> CommitmentTerms | None:
    return next((one for one in base.commitments if one.key == clause.key), None)


def _windows(version: ContractVersion) -> Iterator[Standing]:
    assert version.amends is not None
    base, after = terms_of(version.amends), terms_of(version)
    document = amendment_of(version)
    for clause in changed_clauses(base, after):
        number = next(at for at, one in enumerate(after.commitments) if one.key == clause.key)
        path = f"commitments.{number}.window"
        others = tuple(_other_windows(version, base, after, clause, path))
        yield from others
        if any(not one.acceptable for one in others):
            continue
        if document.mid_window == "next_window":
            yield from _never_applies(version, after, clause, path)
        else:
            yield from _splits(version, base, after, clause, path)


def _never_applies(
    version: ContractVersion, terms: Terms, clause: CommitmentTerms, path: str
) -> Iterator[Standing]:
    until = version.effective_until_on
    window = window_holding(terms, clause, version.effective_from_on)
    if until is None or window is None or clause.window.kind not in SUCCESSIVE:
        return
    first, after = _day(window.start, window), _day(window.end, window)
    if after >= until:
        yield _stands(
            "VARIATION_INSIDE_WINDOW",
            path,
            f"it begins on {version.effective_from_on} and ends on {until}, both inside {window.label} of "
            f"{clause.key}; as it waits for the next window, it would never apply",
            f"Let it begin on {first}, or end after {after}, or let it split the window.",
        )


def _splits(
    version: ContractVersion, base: Terms, after: Terms, clause: CommitmentTerms, path: str
) -> Iterator[Standing]:
    for day in (version.effective_from_on, version.effective_until_on):
        window = None if day is None else window_holding(after, clause, day)
        why = why_not_split(base, after, clause) if window else ""
        if window and why:
            edges = [_day(edge, window) for edge in (window.start, window.end)]
            right = [f"{edge}" for edge in edges if window_holding(after, clause, edge) is None]
            take = f"Take {' or '.join(right)}, or let" if right else "Let"
            yield _stands(
                "AMENDMENT_SPLITS_WINDOW",
                path,
                f"{day} lies inside {window.label} of {clause.key}, which {why}",
                f"{take} the change wait for the next window.",
            )


def _other_windows(
    version: ContractVersion, base: Terms, after: Terms, clause: CommitmentTerms, path: str
) -> Iterator[Standing]:
    """Windows that are others after the change must follow those before it, or time is paid for twice or never."""
    before = _as_before(base, clause)
    if before is None:
        return
    zones = base.zone_of(before), after.zone_of(clause)
    if zones[0] != zones[1]:
        yield _stands(
            "WINDOWS_DO_NOT_MEET",
            path,
            f"the windows of {clause.key} begin at midnight in {zones[0]} before the change and in {zones[1]} after "
            "it, so that the hours between the two are reckoned twice or not at all",
            "Keep the zone, or accept it where the paper says so.",
            acceptable=True,
        )
    elif before.window != clause.window and {before.window.kind, clause.window.kind} <= _WITH_EDGES:
        for day in (version.effective_from_on, version.effective_until_on):
            if day is not None and (held := _holding_either(base, before, after, clause, day)):
                meet = _where_both_begin(base, before, after, clause, day)
                yield _stands(
                    "WINDOWS_DO_NOT_MEET",
                    path,
                    f"{day} lies inside {held.label}, and the windows of {clause.key} are others after the change "
                    "than before it, so that time would be reckoned twice or not at all",
                    f"Take {meet}, on which windows of both begin."
                    if meet
                    else "Keep the windows as they are.",
                )


def _holding_either(
    base: Terms, before: CommitmentTerms, after: Terms, clause: CommitmentTerms, day: date
) -> Window | None:
    return window_holding(base, before, day) or window_holding(after, clause, day)


def _where_both_begin(
    base: Terms, before: CommitmentTerms, after: Terms, clause: CommitmentTerms, day: date
) -> date | None:
    """The next day on which windows of both clauses begin; None where they never meet."""
    for _ in range(_MOST_STEPS):
        held = _holding_either(base, before, after, clause, day)
        if held is None:
            return day
        day = _day(held.end, held)
    return None


def _nobodys_text(version: ContractVersion, chain: Chain) -> Iterator[Standing]:
    """In one window changes that split it may meet changes that wait: the texts that this makes must be texts of
    versions, or nothing would be reckoned there."""
    root = chain.root_of(version)
    changes = chain.changes_of(root)
    if len({amendment_of(row).mid_window for row in changes}) == 1:
        return
    held = {one.sha256 for one in chain.stretches if one.whole.pk == root.pk}
    days = sorted({day for row in changes for day in (row.effective_from_on, row.effective_until_on) if day})
    terms = terms_of(version)
    for number, clause in enumerate(terms.commitments):
        found = (window_holding(terms, clause, day) for day in days)
        for window in {one.start: one for one in found if one is not None}.values():
            why = _unheld(chain, window, clause.key, held)
            if why:
                yield _stands(
                    "WINDOW_MIXES_CHANGES",
                    f"commitments.{number}.window",
                    f"in {window.label} of {clause.key} a change that splits the window meets one that waits for the "
                    f"next: {why}",
                    "Let both split the window, or both wait for the next one, or let the later one begin on "
                    f"{_day(window.end, window)}.",
                )


def _unheld(chain: Chain, window: Window, key: str, held: set[str]) -> str:
    """Why a window cannot be reckoned by texts of versions; empty: it can."""
    try:
        parts = chain.texts_of(window.start, window.end, window.zone, key)
    except TermsError as error:
        path, said = error.findings[0]
        return f"{path} {said}"
    for part in parts:
        if part.version is None and part.sha256 not in held:
            return f"from {_day(part.start, window)} on it would be reckoned by a text that no version holds"
    return ""


def _day(instant: datetime, window: Window) -> date:
    return instant.astimezone(zone_info(window.zone)).date()


def first_day_in_time(notice_given_on: date, notice_days: int) -> date:
    """The first day on which a change may take effect after a notice of so many days of the calendar."""
    return notice_given_on + timedelta(days=notice_days)
