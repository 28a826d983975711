"""What terms contain, as words by which they are found. Everything here is read off the terms themselves."""

from collections.abc import Iterable, Iterator

from reckoning.terms import CommitmentTerms, Terms

# Group: what it asks, and its values in the order in which they are offered.
FACETS: dict[str, tuple[str, dict[str, str]]] = {
    "indicator": (
        "What is measured",
        {
            "uptime_from_intervals": "Uptime, from outages with a beginning and an end",
            "uptime_from_weighted_seconds": "Uptime, from seconds that are weighed by severity",
            "error_rate": "Share of requests that fail",
            "events_on_time": "Share of events done in time",
            "quantity": "A measured quantity, such as latency or a temperature",
            "weighted_parts": "Parts that are weighed",
            "composite": "A level made of other levels",
            "formula": "A formula written out",
        },
    ),
    "window": (
        "Over which period",
        {
            "calendar_month": "Calendar month",
            "calendar_quarter": "Calendar quarter",
            "calendar_year": "Year",
            "billing_cycle": "Billing cycle",
            "rolling_days": "Rolling days",
            "day": "Day",
            "hour": "Hour",
            "anchored": "Counted from an event, such as the claim",
            "term": "The whole term",
        },
    ),
    "promise": (
        "What is promised",
        {
            "level": "A level in percent",
            "limit": "A limit for another figure",
            "full": "100 %",
            "none": "No level: the schedule alone decides",
            "hours": "Within service hours only",
        },
    ),
    "unknown": (
        "Time that nobody knows",
        {
            "up": "Counts as up",
            "down": "Counts as down",
            "excluded": "Is left out",
            "carry_last": "Takes the last known state",
            "escalate": "A person decides",
        },
    ),
    "excluded": (
        "Excluded time",
        {
            "removed_from_base": "Is taken out of the measured time",
            "counted_as_up": "Counts as up",
        },
    ),
    "exclusion": (
        "What is excluded",
        {
            "planned_maintenance": "Planned maintenance",
            "allowance": "Maintenance with an allowance",
            "force_majeure": "Force majeure",
            "customer_caused": "What the customer caused",
            "third_party": "What third parties caused",
            "mandated_change": "Changes that the law demands",
            "nothing": "Nothing",
        },
    ),
    "schedule": (
        "How the credit is found",
        {
            "tiers": "Tiers",
            "per_unit": "So much for each unit",
            "flat": "One amount",
            "formula": "A formula",
            "nothing": "No credit",
            "per_outage": "For each outage, event or day",
            "factors": "With factors",
            "repetition": "More for repeated misses",
        },
    ),
    "cap": (
        "The most that is paid",
        {
            "none": "No cap",
            "window": "Cap for a window",
            "outage": "Cap for an outage",
            "rolling": "Cap over several windows",
            "year": "Cap for a year",
            "term": "Cap for the term",
            "receiving_invoice": "Cap on the invoice that it is taken off",
            "minimum": "Small credits are not paid",
        },
    ),
    "claim": (
        "How a credit is claimed",
        {
            "automatic": "Nothing has to be claimed",
            "by_deadline": "By a deadline",
            "steps": "In several steps",
        },
    ),
    "remedy": (
        "What the credit is",
        {
            "invoice": "Off an invoice",
            "account_credit": "Credit on the account, or a voucher",
            "service_time": "Service time",
            "money": "Money back",
            "expires": "It lapses",
            "earn_back": "It can be earned back",
            "sole_remedy": "It is the sole remedy",
            "termination": "A right to end the contract",
            "rights": "Other rights of who was let down",
            "unsaid": "Nothing is said of its form",
        },
    ),
    "reading": (
        "Readings",
        {
            "several": "The text can be read in more than one way",
            "alternatives": "Other readings are written out",
            "one": "No doubt was found",
        },
    ),
    "combination": (
        "Several credits together",
        {
            "none": "Nothing is said",
            "sum": "They are added",
            "highest": "The highest counts",
            "customer_choice": "The customer chooses",
        },
    ),
    "text": (
        "The text",
        {
            "parameters": "Has values to fill in",
            "plain": "Is used as it is",
            "findings": "The linter finds something",
            "clean": "The linter finds nothing",
        },
    ),
}
_MONEY = {"refund", "payment_card", "cash"}
_ACCOUNT = {"account_credit", "voucher"}


def label(facet: str) -> str:
    """A facet in words, such as ``window:day``; the facet itself where it has none."""
    group, _, name = facet.partition(":")
    return FACETS.get(group, ("", {}))[1].get(name, facet)


def facets_of(variants: Iterable[Terms], *, parameters: int, findings: int) -> list[str]:
    """The facets of a text: of all the terms that it can become."""
    found: set[str] = set()
    for terms in variants:
        for commitment in terms.commitments:
            found |= set(_measured(commitment)) | set(_owed(commitment))
        found |= {f"combination:{one.rule}" for one in terms.combinations} or {"combination:none"}
    found.add("text:parameters" if parameters else "text:plain")
    found.add("text:findings" if findings else "text:clean")
    if {"reading:several", "reading:one"} <= found:
        found.discard("reading:one")
    return sorted(found)


def _measured(one: CommitmentTerms) -> Iterator[str]:
    yield f"indicator:{one.indicator.kind}"
    yield f"window:{one.window.kind}"
    if one.limit is not None:
        yield "promise:limit"
    elif one.target_percent is None:
        yield "promise:none"
    else:
        yield "promise:full" if one.target_percent == 100 else "promise:level"
    if one.service_hours is not None:
        yield "promise:hours"
    if one.unknown_time is not None:
        yield f"unknown:{one.unknown_time}"
    if one.excluded_time is not None:
        yield f"excluded:{one.excluded_time}"
    for exclusion in one.exclusions:
        yield f"exclusion:{exclusion.kind}"
        if exclusion.allowance_seconds is not None:
            yield "exclusion:allowance"
    if not one.exclusions:
        yield "exclusion:nothing"
    yield "reading:several" if one.readings else "reading:one"
    if any(reading.alternatives for reading in one.readings):
        yield "reading:alternatives"


def _owed(one: CommitmentTerms) -> Iterator[str]:
    yield f"schedule:{one.schedule.kind}"
    if one.schedule.each != "window":
        yield "schedule:per_outage"
    if one.schedule.factors:
        yield "schedule:factors"
    if one.schedule.repetition is not None:
        yield "schedule:repetition"
    if one.schedule.kind != "nothing" and not one.caps:
        yield "cap:none"
    for cap in one.caps:
        yield f"cap:{cap.per}"
    if one.minimum is not None:
        yield "cap:minimum"
    yield f"claim:{one.claim.kind}"
    remedy = one.remedy
    if remedy is None or remedy.form is None:
        yield "remedy:unsaid"
    else:
        given = set(remedy.form.given_as)
        if given & {"next_invoice", "future_invoices"}:
            yield "remedy:invoice"
        if given & _ACCOUNT:
            yield "remedy:account_credit"
        if given & _MONEY:
            yield "remedy:money"
        if "service_time" in given:
            yield "remedy:service_time"
        if remedy.form.sole_remedy:
            yield "remedy:sole_remedy"
    if remedy is None:
        return
    if remedy.expiry is not None:
        yield "remedy:expires"
    if remedy.earn_back is not None:
        yield "remedy:earn_back"
    for right in remedy.rights:
        yield "remedy:termination" if right.effect == "termination" else "remedy:rights"
