"""Windows, calendars, recurring windows and claims in plain English, every field in its words."""

from datetime import date

from reckoning.terms.calendars import CalendarTerms, clock_text
from reckoning.terms.claims import (
    After,
    Arrears,
    AutomaticClaim,
    By,
    ClaimByDeadline,
    ClaimCondition,
    ClaimInSteps,
    ClaimStep,
    Point,
    is_period_end,
)
from reckoning.terms.recurring import RecurringWindow
from reckoning.terms.windows import WindowTerms
from reckoning.terms.wording_parts import MONTHS, all_of, any_of, plural

_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_CALENDAR = {"calendar_month": "month", "calendar_quarter": "quarter", "calendar_year": "year"}


def day_text(day: date) -> str:
    """31 January 2025."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def named(name: str) -> str:
    """A name of the document as words: incident_start becomes incident start."""
    return name.replace("_", " ")


def window_name(window: WindowTerms) -> str:
    """The period without its zone: calendar month, fiscal quarter, billing cycle, 30 rolling days."""
    if window.kind in _CALENDAR:
        shifted = (window.first_month or 1) != 1 or (window.first_day or 1) != 1
        return f"{'fiscal' if shifted else 'calendar'} {_CALENDAR[window.kind]}"
    if window.kind == "rolling_days":
        return f"stretch of {plural(window.days or 30, 'rolling day')}"
    if window.kind == "anchored":
        return f"{_length(window)} {window.direction} {_fact(window.anchor or '')}"
    return {"billing_cycle": "billing cycle", "day": "day", "hour": "hour", "term": "term"}[window.kind]


def word_window(window: WindowTerms, zone: str) -> list[str]:
    """The sentences of a window; `zone` is the contract's."""
    place = f"in {window.zone or zone}"
    if window.kind in _CALENDAR:
        sentences = [f"The window is the {window_name(window)}, from midnight to midnight {place}."]
        if window.first_month is not None or window.first_day is not None:
            begins = f"{window.first_day or 1} {MONTHS[(window.first_month or 1) - 1]}"
            sentences.append(f"Its year begins on {begins}.")
        if window.label_year is not None:
            sentences.append(f"A year is named after the calendar year in which it {window.label_year}.")
        return sentences
    if window.kind == "billing_cycle":
        return [
            f"The window is the billing cycle of {_length(window)}, from midnight to midnight {place}.",
            _begins(window),
        ]
    if window.kind == "rolling_days":
        step = "every day" if (window.step_days or 1) == 1 else f"every {window.step_days} days"
        return [f"The window is {plural(window.days or 30, 'day')} in a row {place}; one ends {step}."]
    if window.kind == "anchored":
        edge = "It meets that instant."
        if not window.to_the_second and window.hours is None:
            own = "belongs" if window.anchor_day_included else "does not belong"
            edge = f"Its edges are midnights {place}; the day itself {own} to it."
        return [f"The window is the {window_name(window)}.", edge]
    if window.kind == "term" and window.first_on and window.last_on:
        return [
            f"The window is the term from {day_text(window.first_on)} to {day_text(window.last_on)} {place}."
        ]
    return [f"The window is each {window.kind} of the clock {place}."]


def _length(window: WindowTerms) -> str:
    for name, noun in (("months", "month"), ("days", "day"), ("hours", "hour")):
        count = getattr(window, name)
        if count is not None:
            return plural(count, noun)
    return "1 month"


def _begins(window: WindowTerms) -> str:
    if window.anchor_on is not None:
        return f"One cycle began on {day_text(window.anchor_on)}; all others follow from it."
    return f"A cycle begins on day {window.anchor_day} of a month, or on the last day of a shorter one."


def word_calendar(calendar: CalendarTerms, zone: str) -> list[str]:
    """The sentences of a business calendar; `zone` is the contract's."""
    days = all_of([day.capitalize() for day in calendar.working_days])
    sentences = [f"Business days are {days}, in {calendar.zone or zone}."]
    for entry in calendar.hours:
        on = all_of([day.capitalize() for day in entry.weekdays])
        sentences.append(
            f"Business hours on {on} are {clock_text(entry.opens)} to {clock_text(entry.closes)}."
        )
    if calendar.holidays:
        sentences.append(f"Not business days: {all_of([day_text(day) for day in calendar.holidays])}.")
    if calendar.extra_working_days:
        extra = all_of([day_text(day) for day in calendar.extra_working_days])
        sentences.append(f"Business days all the same: {extra}.")
    return sentences


def word_recurring(window: RecurringWindow, zone: str) -> list[str]:
    """The sentences of a recurring window; `zone` is the contract's."""
    days = all_of([day.capitalize() for day in window.weekdays]) or "every day"
    turn = (
        ""
        if window.interval == 1
        else f", every {window.interval} {window.every}s from that of its first day"
    )
    if window.every == "week":
        when = f"On {days}" if window.weekdays else "Every day"
    elif window.month_day is not None:
        back = "the last day" if window.month_day == -1 else f"day {window.month_day}"
        when = f"On {back} of a month"
    else:
        nth = window.nth or 1
        order = _NTH.get(nth, f"{_NTH.get(-nth, '')} from last")
        when = f"On the {order} {days} of a month"
    place = window.zone or zone
    if window.zone_name:
        place = f"{window.zone_name} ({place})"
    if window.ends is not None:
        length = f"from {clock_text(window.starts)} to {clock_text(window.ends)}"
    else:
        length = f"from {clock_text(window.starts)} for {plural(window.lasts_minutes or 0, 'minute')}"
    name = f"{window.name}: " if window.name else ""
    sentences = [f"{name}{when}{turn}, {length}, {place}."]
    if window.months:
        sentences.append(f"Only in {all_of([MONTHS[month - 1] for month in window.months])}.")
    if window.from_day:
        sentences.append(f"Not before {day_text(window.from_day)}.")
    if window.until_day:
        sentences.append(f"Not after {day_text(window.until_day)}.")
    if window.except_days:
        sentences.append(f"Not on {any_of([day_text(day) for day in window.except_days])}.")
    return sentences


def word_claim(claim: AutomaticClaim | ClaimByDeadline | ClaimInSteps, zone: str) -> list[str]:
    """The sentences of a claim; `zone` is the one of its days."""
    if isinstance(claim, AutomaticClaim):
        return ["The credit is given without being claimed."]
    if isinstance(claim, ClaimByDeadline):
        form = "in writing " if claim.form == "written" else ""
        return [
            f"The credit must be claimed {form}within {plural(claim.days, 'day')} after the last day of the window; "
            f"the last of these days, in {zone}, is still in time."
        ]
    sentences = [sentence for step in claim.steps for sentence in _step(step)]
    if not claim.steps:
        sentences = ["The credit is given without being claimed."]
    else:
        sentences.append(f"The days are those of {zone}.")
    sentences += [_condition(condition) for condition in claim.conditions]
    if claim.arrears is not None:
        sentences.append(_arrears(claim.arrears))
    if claim.cycle is not None:
        sentences += [f"Cycles: {sentence}" for sentence in word_window(claim.cycle, zone)]
    if claim.calendar != CalendarTerms() or _counts_business(claim):
        sentences += word_calendar(claim.calendar, zone)
    return sentences


def _counts_business(claim: ClaimInSteps) -> bool:
    """Whether any deadline counts business days or hours, so that the calendar must be told."""
    points = [point for step in claim.steps for point in (*step.deadlines, step.opens) if point is not None]
    units = [point.after.unit for point in points if point.after is not None]
    units += [claim.arrears.grace_unit] if claim.arrears and claim.arrears.grace_count else []
    by = any(point.by is not None and point.by.business_day is not None for point in points)
    return by or any(unit.startswith("business") for unit in units)


def _step(step: ClaimStep) -> list[str]:
    form = f" in the form: {step.form}" if step.form else ""
    to = f", to: {step.to}" if step.to else ""
    lead = f"Step {named(step.name)}, by the {step.who}{form}{to}"
    if not step.deadlines:
        sentences = [f"{lead}: at any time."]
    else:
        by = any_of([point_words(point) for point in step.deadlines])
        which = f", whichever is {step.decisive}" if len(step.deadlines) > 1 else ""
        sentences = [f"{lead}: {by}{which}."]
    if step.opens is not None:
        sentences.append(f"It is too early before this: {point_words(step.opens, opening=True)}.")
    if step.contents:
        sentences.append(f"It must hold: {all_of(step.contents)}.")
    if step.who == "customer":
        lost = "the credit is lost" if step.if_missed == "forfeits" else "nothing is lost"
        sentences.append(f"If it is late or missing, {lost}.")
    elif step.if_missed == "nothing":
        sentences.append("If it is late, nothing follows.")
    return sentences


def point_words(point: Point, *, opening: bool = False) -> str:
    """A point in time in words, with what becomes of the day or the instant itself."""
    exact = point.after is not None and point.after.unit.endswith(("seconds", "minutes", "hours"))
    what = "instant" if exact else "day"
    own = "counts already" if opening else "is still in time"
    if not point.included:
        own = "does not count yet" if opening else "is too late"
    if point.after is not None:
        words = f"{after_words(point.after)} after {_fact(point.anchor)}"
        return f"{words if opening else f'within {words}'} (that {what} {own})"
    words = _by(point.by or By(of="month"), point.anchor)
    return f"{words if opening else f'by {words}'} (that day {own})"


def after_words(after: After) -> str:
    """3 business days."""
    return plural(after.count, after.unit.removesuffix("s").replace("_", " "))


def _by(by: By, anchor: str) -> str:
    if by.day is not None:
        lead = f"day {by.day}"
    elif by.business_day is not None:
        lead = "the last business day" if by.business_day == -1 else f"business day {by.business_day}"
    else:
        lead = "the end"
    name = "billing cycle" if by.of == "cycle" else by.of
    if by.of == "window":
        return f"{lead} of the window"
    if by.later == 0:
        return f"{lead} of the {name} that holds {_fact(anchor)}"
    order = "next" if by.later == 1 else _NTH.get(by.later, f"{by.later}th")
    return f"{lead} of the {order} {name} after that of {_fact(anchor)}"


def _fact(anchor: str) -> str:
    if anchor == "previous_step":
        return "the step before"
    if is_period_end(anchor):
        return f"the last day of the {named(anchor.removesuffix('_end'))}"
    return f"the {named(anchor)}"


def _condition(condition: ClaimCondition) -> str:
    loss = "there is no credit" if condition.otherwise == "lost" else "the credit waits until it is so"
    return f"Condition {named(condition.name)}: {condition.sentence} Otherwise {loss}."


def _arrears(arrears: Arrears) -> str:
    unit = "business day" if arrears.grace_unit == "business_days" else "day"
    grace = f"more than {plural(arrears.grace_count, unit)} " if arrears.grace_count else ""
    when = "on the day of the claim"
    if arrears.within_cycles is not None:
        when = (
            f"in the billing cycle of the claim or in the {plural(arrears.within_cycles, 'cycle')} before it"
        )
    loss = "there is no credit" if arrears.otherwise == "lost" else "the credit waits until it is paid"
    return f"Where an invoice is {grace}overdue {when}, {loss}."
