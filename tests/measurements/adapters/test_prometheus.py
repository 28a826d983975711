"""Prometheus, asked over HTTP: a real server with gaps, resets and staleness; and answers that are wrong."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from measurements.adapters.fetching import SourceRefuses
from measurements.adapters.prometheus import PROMETHEUS, PrometheusSettings
from measurements.adapters.seam import BucketRow, Kind, Page, SampleRow, kept
from tests.measurements.adapters.serving import fetcher, pull_all, serving

START = datetime(2023, 4, 1, tzinfo=UTC)
END = START + timedelta(hours=3)
UNTIL = END + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)

needs_prometheus = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="needs the programs prometheus and promtool (Debian's package prometheus)",
)


# What the server is fed with -------------------------------------------------------------------------------

# Minutes of which no probe came, and minutes that were down.
SILENT = {30, 31, 32, 33, 60, *range(100, 112)}
DOWN = {29, 45, 46, 112}
# The counter begins anew before these minutes.
RESETS = {20, 90}


def _probe_lines() -> Iterator[str]:
    for minute in range(180):
        if minute not in SILENT:
            # Scraped 7.25 s after the minute, a little early or late.
            at = START + minute * MINUTE + timedelta(seconds=7.25 + (minute % 3) / 10)
            yield f'probe_success{{service="web",customer="c-17"}} {0 if minute in DOWN else 1} {at.timestamp():.3f}'


def _counted(minute: int) -> tuple[int, int]:
    """Good and all events between the scrapes of two minutes."""
    return 50 + minute % 7, 50 + minute % 7 + (minute % 11 == 0) * 3


def _counter_lines() -> Iterator[str]:
    good = total = 0
    found: list[tuple[str, str, str]] = []
    for minute in range(180):
        if minute in RESETS:
            good = total = 0
        passed, counted = _counted(minute)
        good, total = good + passed, total + counted
        if minute in SILENT:
            continue
        at = f"{(START + minute * MINUTE).timestamp():.3f}"
        found.append(
            (
                f'{{service="web",code="2xx"}} {good} {at}',
                f'{{service="web",code="5xx"}} {total - good} {at}',
                "",
            )
        )
    for code in range(2):
        for lines in found:
            yield f"http_requests_total{lines[code]}"


OPENMETRICS = "\n".join(
    [
        "# TYPE probe_success gauge",
        *_probe_lines(),
        "# TYPE http_requests counter",
        *_counter_lines(),
        "# EOF",
        "",
    ]
)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _run(folder: Path, config: str = "global: {}\n") -> tuple[subprocess.Popen[bytes], str]:
    (folder / "prometheus.yml").write_text(config)
    port = _free_port()
    process = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1) as answer:
                if answer.status == 200:
                    return process, url
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise RuntimeError("prometheus did not become ready")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "metrics.txt").write_text(OPENMETRICS)
    subprocess.run(
        [
            "promtool",
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            str(folder / "metrics.txt"),
            str(folder / "data"),
        ],
        check=True,
        capture_output=True,
    )
    process, url = _run(folder)
    yield url
    _stop(process)


def probe(address: str, **given: Any) -> PrometheusSettings:
    return PrometheusSettings(
        **{
            "address": address,
            "measure": "probe",
            "selector": 'probe_success{service="web"}',
            "component": "Web",
            "interval_seconds": 60,
        }
        | given
    )


def ratio(address: str, **given: Any) -> PrometheusSettings:
    return PrometheusSettings(
        **{
            "address": address,
            "measure": "ratio",
            "good": 'http_requests_total{code="2xx"}',
            "total": "http_requests_total",
            "component": "Web",
            "interval_seconds": 60,
        }
        | given
    )


def rows_of(settings: PrometheusSettings, until: datetime = UNTIL) -> list[Any]:
    pages = pull_all(PROMETHEUS, settings, begins_at=START, until=until)
    assert not [fault for page in pages for fault in page.faults.listed]
    return [row for page in pages for row in page.rows]


# A real server ---------------------------------------------------------------------------------------------


@needs_prometheus
@pytest.mark.parametrize("page_seconds", [60, 420, 3600, 21_600])
def test_every_minute_with_a_probe_is_there_once_and_every_other_is_unknown(
    server: str, page_seconds: int
) -> None:
    rows = rows_of(probe(server, page_seconds=page_seconds))
    minutes = {int((row.at - START) / MINUTE): row.up for row in rows}
    assert len(rows) == len(minutes)
    assert minutes == {minute: minute not in DOWN for minute in range(180) if minute not in SILENT}


@needs_prometheus
def test_a_plain_query_on_a_grid_would_have_shown_the_gaps_as_up(server: str) -> None:
    """Why raw samples are asked for: the server looks back five minutes, over a gap of four."""
    ask = fetcher().get(
        f"{server}/api/v1/query_range",
        {
            "query": 'probe_success{service="web"}',
            "start": str(START.timestamp() + 10),
            "end": str(START.timestamp() + 179 * 60 + 10),
            "step": "60",
        },
    )
    filled = {
        int((stamp - START.timestamp()) // 60)
        for stamp, value in json.loads(ask)["data"]["result"][0]["values"]
        if value == "1"
    }
    assert 60 in filled
    assert 60 not in {int((row.at - START) / MINUTE) for row in rows_of(probe(server))}


@needs_prometheus
@pytest.mark.parametrize("page_seconds", [300, 3600, 21_600])
def test_counters_give_every_event_once_across_resets_and_pages(server: str, page_seconds: int) -> None:
    rows = rows_of(ratio(server, page_seconds=page_seconds))
    expected = []
    for start in range(0, 180, 5):
        # Scrapes stand on the minute, so that those of (start, start + 5] belong to the bucket.
        minutes = range(start + 1, start + 6)
        # A bucket is known if samples no further apart than two intervals reach over all of it.
        silent = [minute for minute in range(start, start + 6) if minute in SILENT or minute > 179]
        if len(silent) > 1 or {start + 5, start + 6} <= SILENT or start + 5 > 179:
            continue
        good = total = 0
        for minute in minutes:
            passed, counted = _counted(minute)
            if minute in SILENT:
                continue
            if minute - 1 in SILENT:
                before = _counted(minute - 1)
                passed, counted = passed + before[0], counted + before[1]
            good, total = good + passed, total + counted
        expected.append(BucketRow("Web", START + start * MINUTE, 300, good, total))
    assert [row for row in rows if row.start != START + 60 * MINUTE and row.start != START + 55 * MINUTE] == [
        row for row in expected if row.start != START + 60 * MINUTE and row.start != START + 55 * MINUTE
    ]
    # Of the one missing scrape at minute 60 nothing is lost: the next scrape tells it.
    at_60 = [row for row in rows if row.start in (START + 55 * MINUTE, START + 60 * MINUTE)]
    assert sum(row.total for row in at_60) == sum(_counted(minute)[1] for minute in range(56, 66))


@needs_prometheus
def test_buckets_over_a_gap_are_unknown(server: str) -> None:
    starts = {int((row.start - START) / MINUTE) for row in rows_of(ratio(server))}
    assert starts.isdisjoint({25, 30, 100, 105, 110})
    assert {0, 15, 20, 35, 55, 60, 85, 90, 95} - {95} <= starts


@needs_prometheus
def test_the_two_ways_of_probing_agree_where_both_know(server: str) -> None:
    by_expression = rows_of(
        probe(
            server,
            measure="expression",
            selector="",
            expression='min(probe_success{service="web"})',
            alive='probe_success{service="web"}',
        )
    )
    # A point of the grid stands for the sample before it: the minute later.
    raw = {row.at + MINUTE: row.up for row in rows_of(probe(server))}
    asked = {row.at: row.up for row in by_expression}
    assert {at: up for at, up in asked.items() if at in raw} == {
        at: up for at, up in raw.items() if at in asked
    }
    missing = {int((at - START) / MINUTE) for at in raw.keys() ^ asked.keys()}
    # At most the first minute, of which the sample came later, and the edge of a gap.
    assert missing <= {0, 31, 34, 61, 101, 112, 180}
    assert 32 not in {int((at - START) / MINUTE) for at in asked}


@needs_prometheus
def test_components_come_by_a_label_and_no_other_label_is_kept(server: str) -> None:
    settings = probe(server, component="", component_label="service")
    page = PROMETHEUS.fetch(settings, fetcher(), {}, begins_at=START, until=UNTIL)
    assert page is not None
    content, counted, _ = kept(PROMETHEUS, settings, page)
    assert b"c-17" not in content
    assert counted.dropped["customer"] == 1
    assert {row.component for row in rows_of(settings)} == {"web"}


@needs_prometheus
def test_what_the_server_says_about_a_wrong_selector_is_told(server: str) -> None:
    with pytest.raises(SourceRefuses, match="parse error"):
        rows_of(probe(server, selector="sum(probe_success"))


@needs_prometheus
def test_two_series_for_one_component_are_a_fault(server: str) -> None:
    (page,) = pull_all(
        PROMETHEUS, probe(server, selector="http_requests_total"), begins_at=START, until=UNTIL
    )
    assert "2 series" in page.faults.listed[0].reason
    assert not page.rows


@needs_prometheus
@pytest.mark.slow
def test_a_target_that_vanishes_is_unknown_from_then_on(tmp_path: Path) -> None:
    """Staleness as a server that scrapes makes it: the series goes away, and comes back."""
    with serving() as target:
        shown: dict[str, bytes] = {"body": b"alive_target 1\n"}
        target.answers["/metrics"] = lambda query: shown["body"]
        process, url = _run(
            tmp_path,
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            "scrape_configs: [{job_name: t, static_configs: [{targets: ['"
            + target.url.removeprefix("http://")
            + "']}]}]\n",
        )
        try:
            # The server looks for its targets a few seconds after its start.
            while len(target.asked) < 4:
                time.sleep(0.1)
            shown["body"] = b"\n"
            gone_at = datetime.now(UTC)
            time.sleep(5)
            shown["body"] = b"alive_target 1\n"
            time.sleep(3.5)
            settings = probe(
                url, selector="alive_target", interval_seconds=1, page_seconds=60, settle_seconds=0
            )
            rows = pull_all(
                PROMETHEUS, settings, begins_at=gone_at - timedelta(seconds=30), until=datetime.now(UTC)
            )
        finally:
            _stop(process)
    seen = sorted((row.at - gone_at).total_seconds() for page in rows for row in page.rows)
    assert [at for at in seen if at < 0]
    assert [at for at in seen if at > 4]
    assert not [at for at in seen if 1 < at < 4]


# Answers that are wrong ------------------------------------------------------------------------------------


def _answer(*series: tuple[dict[str, str], list[list[Any]]]) -> dict[str, Any]:
    return {
        "status": "success",
        "data": {
            "resultType": "matrix",
            "result": [{"metric": metric, "values": values} for metric, values in series],
        },
    }


def _read(body: Any, settings: PrometheusSettings | None = None) -> Any:
    from measurements.adapters.seam import Document, reread

    page = Page(
        "p",
        (Document("values", "x", json.dumps(body).encode()),),
        {"from": START.isoformat(), "until": (START + 10 * MINUTE).isoformat()},
        {},
        False,
    )
    content, _, faults = kept(PROMETHEUS, settings or probe("http://x"), page)
    assert not faults.total
    return reread(PROMETHEUS, content)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        7,
        {"status": "error", "error": "x"},
        {"status": "success", "data": {"resultType": "vector", "result": []}},
        {"status": "success", "data": []},
        _answer(({}, [[1.0, "one"]])),
        _answer(({}, [[1.0]])),
        _answer(({}, [["x", "1"]])),
        _answer(({}, [7])),  # type: ignore[list-item]
        _answer(({}, [[1e300, "1"]])),
        _answer(({}, [[1680307200, 1]])),
    ],
)
def test_garbage_is_a_fault_and_gives_no_rows(body: Any) -> None:
    parsed = _read(body)
    assert parsed.faults.total
    assert not parsed.rows


def test_no_number_is_no_sample() -> None:
    stamp = START.timestamp()
    parsed = _read(
        _answer(({}, [[stamp, "1"], [stamp + 60, "NaN"], [stamp + 120, "+Inf"], [stamp + 180, "0"]]))
    )
    assert not parsed.faults.total
    assert parsed.rows == [SampleRow("Web", START, True), SampleRow("Web", START + 3 * MINUTE, False)]


def test_samples_are_read_to_the_millisecond() -> None:
    stamp = f"{START.timestamp():.0f}"
    body = json.dumps(_answer(({}, [[0, "1"]]))).replace("[0,", f"[{stamp}.999,").encode()
    assert _read(json.loads(body)).rows == [SampleRow("Web", START, True)]


def test_a_sample_a_little_early_does_not_leave_a_hole_and_a_missing_one_does() -> None:
    stamp = START.timestamp()
    parsed = _read(_answer(({}, [[stamp + at, "1"] for at in (0.1, 60.0, 119.9, 180.1, 300.5)])))
    assert [int((row.at - START) / MINUTE) for row in parsed.rows] == [0, 1, 2, 3, 5]


def test_nothing_is_asked_for_that_may_still_change() -> None:
    settings = probe("http://x", settle_seconds=120)
    assert PROMETHEUS.fetch(settings, fetcher(), {}, begins_at=START, until=START + 3 * MINUTE) is None


def test_a_ratio_brings_buckets_and_a_probe_samples() -> None:
    assert PROMETHEUS.kind_of(ratio("http://x")) == Kind.BUCKETS
    assert PROMETHEUS.kind_of(probe("http://x")) == Kind.SAMPLES


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"selector": ""}, "selector: is needed"),
        ({"component_label": "service"}, "give either"),
        ({"component": ""}, "give either"),
        ({"interval_seconds": 7}, "do not divide a day"),
        ({"page_seconds": 90}, "multiple of 60"),
        ({"token_variable": "SECRET_KEY"}, "token_variable"),
        ({"password": "x"}, "password"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        probe("http://x", **wrong)
