"""The lines of ``make bench`` on measurements: name, value, aim."""

from collections.abc import Iterator

from bench import measurements, prometheus

Line = tuple[str, str, str]


def lines() -> Iterator[Line]:
    """Ingest against COPY, levels against bare sums, and the same month by Prometheus where it is installed."""
    told = measurements.measure()
    yield "buckets taken in", f"{told.rows}", "-"
    yield "raw COPY of them, rows a second", f"{told.rows / told.copy:.0f}", "-"
    yield "first delivery, rows a second", f"{told.rows / told.first:.0f}", "-"
    yield "first delivery / raw COPY", f"{told.copy / told.first:.2f}", ">= 0.7"
    yield "redelivery / raw COPY", f"{told.copy / told.again:.2f}", ">= 0.7"
    # The harder measure beside it: COPY of bytes that somebody else made binary before.
    yield "first delivery / COPY of prepared bytes", f"{told.copy_prepared / told.first:.2f}", "-"
    multiple = (told.rows / told.first) / (told.bulk_created / told.bulk_create)
    yield "first delivery / bulk_create", f"{multiple:.1f}", ">= 10"
    month = f"month of {told.month_rows} buckets"
    yield f"{month}, bytes as rows / bytes as stored", f"{told.raw_bytes / told.month_bytes:.1f}", "-"
    yield f"{month}, bare sum, seconds", f"{told.bare_sum:.3f}", "-"
    yield f"{month}, levels by roll-up, seconds", f"{told.levels:.3f}", "-"
    yield f"{month}, levels by roll-up / bare sum", f"{told.levels / told.bare_sum:.3f}", "< 1"
    with_maintenance = told.levels_with_maintenance / told.bare_sum
    yield f"{month}, levels with maintenance / bare sum", f"{with_maintenance:.3f}", "-"
    yield f"{month}, levels that differ from the sums", f"{told.differing}", "0"
    services = f"{measurements.INCIDENT_SERVICES} services with {told.incidents} intervals"
    yield f"{services}, bare sum of lengths, seconds", f"{told.bare_lengths:.3f}", "-"
    yield f"{services}, levels with maintenance, seconds", f"{told.interval_levels:.3f}", "-"
    yield f"{services}, levels / bare sum", f"{told.interval_levels / told.bare_lengths:.1f}", "< 8"
    found = prometheus.measure()
    if found.seconds is None:
        yield "the same month by Prometheus", found.reason, "-"
        return
    yield f"avg_over_time of {found.samples} samples by Prometheus, seconds", f"{found.seconds:.3f}", "-"
    yield "levels by roll-up / Prometheus", f"{told.levels / found.seconds:.3f}", "< 1"


if __name__ == "__main__":
    for line in lines():
        print("\t".join(line), flush=True)
