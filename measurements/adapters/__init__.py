"""One file per form in which measurements come."""

from measurements.adapters.daily_seconds_csv import DAILY_SECONDS_CSV
from measurements.adapters.intervals_csv import INTERVALS_CSV
from measurements.adapters.plan import Adapter, Plan
from measurements.adapters.vendor_figures_csv import VENDOR_FIGURES_CSV

ADAPTERS: dict[str, Adapter] = {
    "intervals": INTERVALS_CSV,
    "daily-seconds": DAILY_SECONDS_CSV,
    "vendor-figures": VENDOR_FIGURES_CSV,
}

__all__ = ["ADAPTERS", "DAILY_SECONDS_CSV", "INTERVALS_CSV", "VENDOR_FIGURES_CSV", "Adapter", "Plan"]
