"""Prometheus, through its HTTP API. ``docs/adapters.md`` describes the settings.

Three measures:

- ``probe``: a gauge that is 1 while the service is up (``probe_success``, ``up``). Its raw samples are asked for by
  a range selector, so that nothing is filled in: a query on a grid looks back five minutes and would show a gap
  as if the last value went on.
- ``expression``: any expression, by a range query on a grid. Because of that looking back it needs ``alive``, a
  selector of what it rests on: where no sample of it came, the point is not counted.
- ``ratio``: two counters, of good and of all events, as buckets. Resets are seen in the raw samples; over a gap
  longer than ``longest_gap_seconds`` nothing is counted, and the bucket is unknown.

Pages are windows [start, end) one after the other, with enough around them for their edges to be exact, and the
newest ends ``settle_seconds`` ago, when the samples of its time have come. Cut anywhere, the pages give the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from base.csvio import Faults
from measurements.adapters.seam import (
    BucketRow,
    Cursor,
    Document,
    Fetching,
    KeptPage,
    Kind,
    Page,
    Parsed,
    PullAdapter,
    SampleRow,
    Settings,
    instant_of,
    listed,
    mapped,
)
from measurements.privacy import PLAIN, Spec

Selector = Annotated[str, Field(max_length=2000)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
DAY_SECONDS = 86_400
# The documents of a page.
VALUES, ALIVE, GOOD, TOTAL = "values", "alive", "good", "total"


class PrometheusSettings(Settings):
    """What a person sets."""

    address: str = Field(max_length=500, description="Where the server is: https://prometheus.example.com")
    token_variable: str = Field(
        default="",
        pattern=r"^(FEED_TOKEN_[A-Z0-9_]{1,60})?$",
        description="The environment variable, FEED_TOKEN_..., that holds a bearer token; empty: none.",
    )
    measure: Literal["probe", "expression", "ratio"]
    selector: Selector = Field(default="", description="probe: probe_success{job='blackbox'}")
    expression: Selector = Field(default="", description="expression: min(probe_success) by (service)")
    alive: Selector = Field(default="", description="expression: a selector of what it rests on")
    good: Selector = Field(default="", description="ratio: http_requests_total{code!~'5..'}")
    total: Selector = Field(default="", description="ratio: http_requests_total")
    up_from: Decimal = Field(default=Decimal(1), description="probe, expression: up is this value or more.")
    component: str = Field(default="", max_length=200, description="What it measures; or by a label:")
    component_label: str = Field(
        default="", max_length=100, description="The label that names the component."
    )
    interval_seconds: int = Field(
        ge=1,
        le=DAY_SECONDS,
        description="Seconds between two samples: probe, expression: the source's width.",
    )
    bucket_seconds: int = Field(
        default=300, ge=1, le=DAY_SECONDS, description="ratio: the width of buckets, which is the source's."
    )
    longest_gap_seconds: int = Field(
        default=0,
        ge=0,
        le=DAY_SECONDS,
        description="ratio: over longer gaps nothing counts; 0: two intervals.",
    )
    page_seconds: int = Field(
        default=21_600, ge=60, le=31 * DAY_SECONDS, description="How much is asked for at once."
    )
    settle_seconds: int = Field(default=120, ge=0, le=DAY_SECONDS, description="How late samples may come.")

    @model_validator(mode="after")
    def _fits(self) -> "PrometheusSettings":
        needed = {
            "probe": ("selector",),
            "expression": ("expression", "alive"),
            "ratio": ("good", "total"),
        }[self.measure]
        missing = [name for name in needed if not getattr(self, name).strip()]
        if missing:
            raise ValueError(f"{', '.join(missing)}: is needed to measure {self.measure}")
        if bool(self.component) == bool(self.component_label):
            raise ValueError("component: give either component or component_label, and not both")
        if DAY_SECONDS % self.width:
            raise ValueError(
                f"{self.width} seconds do not divide a day; take 10, 15, 30, 60, 300 or the like"
            )
        if self.page_seconds % self.width:
            raise ValueError(f"page_seconds: must be a multiple of {self.width}")
        return self

    @property
    def width(self) -> int:
        """Seconds of a row: of a bucket, or between two probes."""
        return self.bucket_seconds if self.measure == "ratio" else self.interval_seconds

    @property
    def gap(self) -> timedelta:
        """How long a sample can speak for the time after it."""
        if self.measure == "ratio":
            return timedelta(seconds=self.longest_gap_seconds or 2 * self.interval_seconds)
        # One sample that came a little late is no gap; one that did not come is.
        return timedelta(seconds=self.interval_seconds) * 3 / 2


@dataclass(frozen=True)
class _Sample:
    at: datetime
    value: Decimal


class Prometheus(PullAdapter):
    """See the module."""

    name = "prometheus"
    label = "Prometheus"
    version = 1
    kind = Kind.SAMPLES  # of a ratio: buckets; see kind_of
    settings = PrometheusSettings
    fields = {}

    def fields_of(self, settings: PrometheusSettings) -> Mapping[str, Spec]:
        """Instants, values, and of the labels none but the one that names the component."""
        labels: dict[str, Spec] = {settings.component_label: PLAIN} if settings.component_label else {}
        answer: Spec = {
            "status": PLAIN,
            "errorType": PLAIN,
            "data": {"resultType": PLAIN, "result": {"metric": labels, "values": PLAIN}},
        }
        return dict.fromkeys((VALUES, ALIVE, GOOD, TOTAL), answer)

    def kind_of(self, settings: PrometheusSettings) -> Kind:
        """Buckets of a ratio, else probes."""
        return Kind.BUCKETS if settings.measure == "ratio" else Kind.SAMPLES

    def fetch(
        self,
        settings: PrometheusSettings,
        fetcher: Fetching,
        cursor: Cursor,
        *,
        begins_at: datetime,
        until: datetime,
    ) -> Page | None:
        """The next window, as far as its samples have come."""
        begins = (
            instant_of(cursor["until"])
            if cursor
            else _floor(begins_at + timedelta(seconds=settings.width) - MILLISECOND, settings.width)
        )
        reach = timedelta(seconds=settings.settle_seconds) + settings.gap
        last = _floor(until - reach, settings.width)
        ends = min(begins + timedelta(seconds=settings.page_seconds), last)
        if ends <= begins:
            return None
        documents = tuple(
            Document(name, f"{settings.address.rstrip('/')}{path}", body)
            for name, path, body in self._asked(settings, fetcher, begins, ends)
        )
        return Page(
            name=f"{begins:%Y-%m-%dT%H:%M:%SZ} to {ends:%Y-%m-%dT%H:%M:%SZ}",
            documents=documents,
            context={"from": begins.isoformat(), "until": ends.isoformat()},
            cursor={"until": ends.isoformat()},
            more=ends < last,
        )

    def _asked(
        self, settings: PrometheusSettings, fetcher: Fetching, begins: datetime, ends: datetime
    ) -> Iterable[tuple[str, str, bytes]]:
        base = settings.address.rstrip("/")
        if settings.measure == "expression":
            params = {
                "query": settings.expression,
                "start": _stamp(begins),
                "end": _stamp(ends - timedelta(seconds=settings.width)),
                "step": str(settings.width),
            }
            yield VALUES, "/api/v1/query_range", fetcher.get(f"{base}/api/v1/query_range", params)
        raw = {
            "probe": ((VALUES, settings.selector),),
            "expression": ((ALIVE, settings.alive),),
            "ratio": ((GOOD, settings.good), (TOTAL, settings.total)),
        }[settings.measure]
        first, last = begins - settings.gap, ends + settings.gap
        span = (last - first) // MILLISECOND
        for name, selector in raw:
            params = {"query": f"{selector}[{span}ms]", "time": _stamp(last)}
            yield name, "/api/v1/query", fetcher.get(f"{base}/api/v1/query", params)

    def parse(self, page: KeptPage) -> Parsed:
        """See PullAdapter."""
        parsed = Parsed()
        found = {
            name: _series(name, page.settings.component_label, mapped(document), parsed.faults)
            for name, document in page.documents.items()
        }
        if parsed.faults.total:
            return parsed
        if page.settings.measure == "ratio":
            _buckets(page, found, parsed)
        else:
            _probes(page, found, parsed)
        return parsed


# Reading of answers ---------------------------------------------------------------------------------------

Series = tuple[str, list[_Sample]]


def _series(name: str, label: str, document: Mapping[str, Any], faults: Faults) -> list[Series]:
    """The series of an answer: the component's label and the samples in order of time, without NaN."""
    data = mapped(document.get("data"))
    if document.get("status") != "success" or data.get("resultType") != "matrix":
        faults.add(
            0,
            name,
            f"is {str(document.get('status'))[:40]!r} with {str(data.get('resultType'))[:40]!r}; a success "
            "with a matrix is expected. A selector of raw samples is a plain one, without functions",
        )
        return []
    found = []
    for number, entry in enumerate(listed(data.get("result")), start=1):
        samples: dict[datetime, Decimal] = {}
        for pair in listed(mapped(entry).get("values")):
            try:
                at, value = _sample(pair)
            except (ValueError, InvalidOperation, OverflowError, TypeError):
                faults.add(number, name, f"holds {str(pair)[:60]}; an instant and a number are expected")
                break
            if value is not None:
                samples[at] = value
        component = mapped(mapped(entry).get("metric")).get(label, "") if label else ""
        found.append((str(component), [_Sample(at, samples[at]) for at in sorted(samples)]))
    return found


def _sample(pair: Any) -> tuple[datetime, Decimal | None]:
    """An instant in whole milliseconds, and the value; None for what is no number (NaN, Inf)."""
    stamp, text = pair
    at = EPOCH + MILLISECOND * int(Decimal(stamp) * 1000)
    if not isinstance(text, str):
        raise ValueError(text)
    value = Decimal({"+Inf": "Infinity", "-Inf": "-Infinity"}.get(text, text))
    return at, value if value.is_finite() else None


def _by_component(
    page: KeptPage, series: Iterable[Series], name: str, faults: Faults
) -> dict[str, list[list[_Sample]]]:
    settings: PrometheusSettings = page.settings
    found: dict[str, list[list[_Sample]]] = {}
    for number, (label, samples) in enumerate(series, start=1):
        component = settings.component or label
        if not component:
            faults.add(
                number, name, f"has no label {settings.component_label!r}, which is to name the component"
            )
            continue
        found.setdefault(component, []).append(samples)
    return found


# Probes ---------------------------------------------------------------------------------------------------


def _probes(page: KeptPage, found: Mapping[str, list[Series]], parsed: Parsed) -> None:
    settings: PrometheusSettings = page.settings
    begins, ends = page.instant("from"), page.instant("until")
    alive = [sample.at for _, samples in found.get(ALIVE, []) for sample in samples]
    by_component = _by_component(page, found.get(VALUES, []), VALUES, parsed.faults)
    for component, series in sorted(by_component.items()):
        if len(series) > 1:
            parsed.faults.add(
                0,
                VALUES,
                f"gives {len(series)} series for {component[:60]!r}; one is expected. Select one, or combine them in "
                "an expression such as min(...)",
            )
            continue
        if settings.measure == "expression":
            rows = [
                (sample.at, sample.value) for sample in series[0] if _is_alive(sample.at, alive, settings)
            ]
        else:
            rows = _on_grid(series[0], begins, ends, settings)
        for at, value in rows:
            if begins <= at < ends:
                parsed.rows.append(SampleRow(component, at, value >= settings.up_from))


def _is_alive(at: datetime, alive: list[datetime], settings: PrometheusSettings) -> bool:
    """Whether a sample of what the expression rests on is young enough to speak for ``at``."""
    return any(at - settings.gap < moment <= at for moment in alive)


def _on_grid(
    samples: list[_Sample], begins: datetime, ends: datetime, settings: PrometheusSettings
) -> list[tuple[datetime, Decimal]]:
    """One value for each slot of the grid that was sampled: the worst in it.

    A slot may be without a sample because its neighbours came a little early and a little late. Where those are
    not as far apart as with one sample missing, the one before speaks for it.
    """
    width = timedelta(seconds=settings.width)
    worst: dict[datetime, Decimal] = {}
    for sample in samples:
        slot = _floor(sample.at, settings.width)
        worst[slot] = min(worst.get(slot, sample.value), sample.value)
    for earlier, later in pairwise(samples):
        between = _floor(earlier.at, settings.width) + width
        if later.at - earlier.at <= settings.gap and between + width <= later.at:
            worst.setdefault(between, earlier.value)
    return [(slot, worst[slot]) for slot in sorted(worst) if begins <= slot < ends]


# Counters -------------------------------------------------------------------------------------------------


def _buckets(page: KeptPage, found: Mapping[str, list[Series]], parsed: Parsed) -> None:
    settings: PrometheusSettings = page.settings
    begins, ends = page.instant("from"), page.instant("until")
    good = _by_component(page, found.get(GOOD, []), GOOD, parsed.faults)
    total = _by_component(page, found.get(TOTAL, []), TOTAL, parsed.faults)
    for component, series in sorted(total.items()):
        if component not in good:
            parsed.faults.add(
                0, GOOD, f"gives no series for {component[:60]!r}, of which total knows; correct the selector"
            )
            continue
        every = _increases(series, settings)
        fine = _increases(good[component], settings)
        for start in _slots(begins, ends, settings.width):
            end = start + timedelta(seconds=settings.width)
            if not every.covers(start, end):
                continue
            counted, passed = every.within(start, end), fine.within(start, end)
            if any(number != int(number) for number in (counted, passed)):
                parsed.faults.add(
                    0,
                    TOTAL,
                    f"grew by {counted} from {start:%Y-%m-%dT%H:%M:%SZ}; counters of whole events are expected",
                )
            elif passed > counted:
                parsed.faults.add(
                    0,
                    GOOD,
                    f"grew by {passed} and total by {counted} from {start:%Y-%m-%dT%H:%M:%SZ}; good must be a part "
                    "of total",
                )
            else:
                parsed.rows.append(BucketRow(component, start, settings.width, int(passed), int(counted)))


@dataclass(frozen=True)
class _Growth:
    """How counters grew from sample to sample, and over which stretches that is known."""

    steps: list[tuple[datetime, Decimal]]  # the later sample's instant, and the increase
    known: list[tuple[datetime, datetime]]

    def within(self, start: datetime, end: datetime) -> Decimal:
        """The increase that was seen in (start, end]: each sample belongs to one bucket."""
        return sum((step for at, step in self.steps if start < at <= end), Decimal(0))

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether samples without a gap reach over all of [start, end)."""
        at = start
        for begins, ends in self.known:
            if begins <= at < ends:
                at = ends
        return at >= end


def _increases(series: Iterable[list[_Sample]], settings: PrometheusSettings) -> _Growth:
    """The growth of several counters together. A value below the one before is a reset: counted from nought."""
    steps: list[tuple[datetime, Decimal]] = []
    known: list[tuple[datetime, datetime]] = []
    for samples in series:
        for earlier, later in pairwise(samples):
            if later.at - earlier.at > settings.gap:
                continue
            grown = later.value - earlier.value if later.value >= earlier.value else later.value
            steps.append((later.at, grown))
            known.append((earlier.at, later.at))
    return _Growth(sorted(steps), sorted(known))


# Instants -------------------------------------------------------------------------------------------------


def _floor(at: datetime, seconds: int) -> datetime:
    """The last instant on the grid of so many seconds at or before ``at``."""
    width = timedelta(seconds=seconds)
    return at - (at - EPOCH) % width


def _slots(begins: datetime, ends: datetime, seconds: int) -> Iterable[datetime]:
    while begins < ends:
        yield begins
        begins += timedelta(seconds=seconds)


def _stamp(at: datetime) -> str:
    """Seconds since the epoch with milliseconds."""
    whole, left = divmod((at - EPOCH) // MILLISECOND, 1000)
    return f"{whole}.{left:03d}"


PROMETHEUS = Prometheus()
