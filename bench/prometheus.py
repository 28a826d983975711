"""The same month by a Prometheus server: its ratio of every service by ``avg_over_time``.

The server of Debian's package is fed with the same five-minute samples (good of total, as the ratio that it would
have scraped) by ``promtool``, started on a free port and stopped afterwards. Where it is not installed, nothing is
measured and the reason is printed.
"""

import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.measurements import DAYS, END, ROUNDS, SERVICES, START, WIDTH, rows

HOST = "127.0.0.1"
# Blocks of one month: the file is read once for each block, and the default of two hours would read it 360 times.
FEED = ("promtool", "tsdb", "create-blocks-from", "--max-block-duration=1458h", "openmetrics", "--quiet")
MISSING = "no prometheus here; apt-get install -y --no-install-recommends prometheus"


@dataclass(frozen=True)
class Speed:
    """Seconds of the query over so many series and samples, the best of three; or why there is none."""

    samples: int = 0
    series: int = 0
    seconds: float | None = None
    reason: str = ""


def measure(services: int = SERVICES, days: int = DAYS) -> Speed:
    """Feed, start, ask, stop. The answer must hold every series, or it does not count."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        return Speed(reason=MISSING)
    with tempfile.TemporaryDirectory(prefix="sla-ledger-prometheus-") as name:
        folder = Path(name)
        with (folder / "samples").open("wb") as file:
            file.writelines(_openmetrics(services, days))
        fed = subprocess.run(
            [*FEED, "samples", "data"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        if fed.returncode != 0:
            return Speed(reason=f"promtool refused the samples: {fed.stderr.strip()[-200:]}")
        (folder / "samples").unlink()
        (folder / "prometheus.yml").write_text("global: {}\n")
        port = _free_port()
        server = subprocess.Popen(
            [
                "prometheus",
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=data",
                "--storage.tsdb.retention.time=100y",
                "--query.timeout=10m",
                f"--web.listen-address={HOST}:{port}",
            ],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(port)
            return _asked(port, services, days)
        finally:
            server.terminate()
            server.wait(30)


def _asked(port: int, services: int, days: int) -> Speed:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        query = {"query": f"avg_over_time(ok[{days}d])", "time": str(int(END.timestamp()) - 1)}
        address = f"http://{HOST}:{port}/api/v1/query?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=600) as answer:  # our own server
            found = len(json.load(answer)["data"]["result"])
        best = min(best, time.perf_counter() - started)
    if found != services:
        return Speed(reason=f"the answer holds {found} of {services} series")
    return Speed(samples=services * days * 86_400 // WIDTH, series=services, seconds=best)


def _openmetrics(services: int, days: int) -> Iterator[bytes]:
    """The samples in order of time within each series, as the format wants it."""
    yield b"# TYPE ok gauge\n"
    lines: list[str] = []
    for service, at, good, total, _ in rows(list(range(1, services + 1)), 0, days):
        lines.append(f'ok{{service="s-{service}"}} {good / total:.6f} {int(at.timestamp())}\n')
        if len(lines) >= 100_000:
            yield "".join(lines).encode()
            lines = []
    yield ("".join(lines) + "# EOF\n").encode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/-/ready", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def main() -> None:
    """By hand: ``python -m bench.prometheus``."""
    print(measure())


if __name__ == "__main__":
    assert START < END
    main()
