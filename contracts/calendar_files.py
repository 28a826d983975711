"""Dates as an iCalendar file (RFC 5545): whole days, stable identities, and no time of its making."""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event

from contracts.dates_ahead import KINDS, Due, in_order

MEDIA_TYPE = "text/calendar; charset=utf-8"


def calendar_file(dues: Iterable[Due], *, name: str, host: str, contract_address: str = "") -> bytes:
    """The dates as one calendar; the same dates give the same bytes.

    ``host`` makes the identities of the entries this installation's own; ``contract_address`` is the address of a
    contract's page with ``{}`` for its key. DTSTAMP is when the fact was recorded, SEQUENCE how often it was corrected.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//SLA Ledger//Dates of contracts//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for due in in_order(dues):
        entry = Event()
        entry.add("uid", f"{due.ident}@{host}")
        entry.add("dtstamp", due.stamped)
        entry.add("sequence", due.sequence)
        entry.add("dtstart", due.on)
        entry.add("dtend", due.on + timedelta(days=1))
        entry.add("summary", due.title)
        lines = [due.detail, f"A day in {due.zone}." if due.zone else ""]
        if told := "\n".join(line for line in lines if line):
            entry.add("description", told)
        if due.contract_id is not None and contract_address:
            entry.add("url", contract_address.format(due.contract_id))
        entry.add("categories", [KINDS[due.kind]])
        entry.add("transp", "TRANSPARENT")
        calendar.add_component(entry)
    content: bytes = calendar.to_ical()
    return content
