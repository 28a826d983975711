"""The small world of these tests. Models are imported late: this file is read before Django is set up."""

from typing import Any

import pytest


@pytest.fixture
def vendor(db: None) -> Any:
    from tests.measurements import world

    return world.vendor_with_components()


@pytest.fixture
def importer(vendor: Any) -> Any:
    """A vendor manager, in whose name the test acts."""
    from audit.record import acting
    from tests import factories

    person = factories.user("vendor_manager", name="vera")
    with acting(person, via="command", reason="a test"):
        yield person


@pytest.fixture
def incidents(vendor: Any, importer: Any) -> Any:
    """A source of intervals, whose list begins on 2022-03-24."""
    from tests.measurements import world

    return world.source("intervals", vendor)


@pytest.fixture
def seconds(vendor: Any, importer: Any) -> Any:
    """A source of daily seconds."""
    from tests.measurements import world

    return world.source("daily_seconds", vendor)


@pytest.fixture
def import_incidents(incidents: Any) -> Any:
    from measurements.services import import_intervals_csv
    from tests.measurements import world

    return world.importing(import_intervals_csv, incidents, world.INTERVALS)


@pytest.fixture
def import_seconds(seconds: Any) -> Any:
    from measurements.services import import_daily_seconds_csv
    from tests.measurements import world

    return world.importing(import_daily_seconds_csv, seconds, world.SECONDS)


@pytest.fixture
def import_figures(seconds: Any) -> Any:
    from measurements.services import import_vendor_figures_csv
    from tests.measurements import world

    return world.importing(import_vendor_figures_csv, seconds, world.FIGURES)
