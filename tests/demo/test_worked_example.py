"""The worked example's tables: from the data, by plain arithmetic, and by the reckoning."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from demo import files
from reckoning.assessment import AssessmentInputs, DaySeconds, Fee, reckon
from reckoning.terms import parse_terms, terms_sha256
from tests.demo import worked_example

QUARTER = [date(2023, 1, 1) + timedelta(days=number) for number in range(90)]


def _rows() -> list[files.Row]:
    return [
        row
        for row in files.table("data/daily_seconds.csv").rows
        if row["component"] == "Actions" and QUARTER[0] <= date.fromisoformat(row["day"]) <= QUARTER[-1]
    ]


def test_the_days_of_outage_are_those_of_the_data() -> None:
    shown = [
        (row["day"], row["partial_seconds"], row["major_seconds"], row["incidents"].replace(";", " "))
        for row in _rows()
        if (row["partial_seconds"], row["major_seconds"]) != ("0", "0")
    ]
    assert list(worked_example.days()) == shown


def test_each_step_follows_from_the_ones_before_by_plain_arithmetic() -> None:
    value = worked_example.steps()
    partial = sum(int(row[1]) for row in worked_example.days())
    major = sum(int(row[2]) for row in worked_example.days())
    down = major + Decimal("0.3") * partial
    seconds = len(QUARTER) * 86_400
    level = (seconds - down) / seconds * 100
    fee = Decimal(value["fee, USD"])
    assert value["days of the quarter"] == "90"
    assert value["seconds of the quarter"] == str(seconds)
    assert (value["partial seconds"], value["major seconds"]) == (str(partial), str(major))
    assert Decimal(value["seconds down"]) == down
    assert Decimal(value["seconds up"]) == seconds - down
    assert Decimal(value["level, %"]) == level.quantize(Decimal("0.000001"), ROUND_DOWN)
    assert Decimal(99) < level < Decimal("99.9")
    assert Decimal(value["credit before rounding, USD"]) == fee / 10
    assert Decimal(value["credit, USD"]) == (fee / 10).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert value["last day of the claim"] == str(QUARTER[-1] + timedelta(days=30))


def test_the_reckoning_says_the_same() -> None:
    value = worked_example.steps()
    terms = parse_terms((files.FOLDER / "contracts" / "vendor.json").read_bytes())
    start, end = (datetime(2023, month, 1, tzinfo=UTC) for month in (1, 4))
    result = reckon(
        terms.commitments[0],
        AssessmentInputs(
            window_start=start,
            window_end=end,
            known_at=end + timedelta(days=10),
            service="actions",
            seconds=tuple(_day(row) for row in _rows()),
            fee=Fee(amount=value["fee, USD"], currency="USD", lines=("PLAT-2023-Q1-actions",)),
        ),
        currency=terms.currency,
        terms_sha256=terms_sha256(terms),
        zone=terms.zone,
    )
    shown = result.to_json_obj()
    assert shown["level"]["percent"] == value["level, %"]
    assert Decimal(shown["down_seconds"]["decimal"]) == Decimal(value["seconds down"])
    assert str(result.tier_percent) == value["tier, %"]
    assert str(result.credit_amount) == value["credit, USD"]
    assert str(result.claim_deadline_on) == value["last day of the claim"]
    others = {
        other["name"][-1]: (other["level"]["percent"], other["credit_amount"])
        for other in shown["other_readings"]
    }
    assert others == {"0": ("99.753074", "1041.57"), "1": ("98.651183", "2603.94")}
    assert all(figure in worked_example.PAGE.read_text() for figure in ("99.753074", "98.651183", "2,603.94"))


def _day(row: files.Row) -> DaySeconds:
    start = datetime.fromisoformat(row["day"]).replace(tzinfo=UTC)
    classes = {"partial": int(row["partial_seconds"]), "major": int(row["major_seconds"])}
    return DaySeconds(
        start=start, end=start + timedelta(days=1), classes=classes, incidents=(), observation=row["day"]
    )
