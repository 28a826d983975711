"""The adapters that ask sources. To add one, write its file and name it here; ``docs/adapters.md`` shows how."""

from measurements.adapters.prometheus import PROMETHEUS
from measurements.adapters.seam import PullAdapter
from measurements.adapters.statuspage import STATUSPAGE
from measurements.adapters.upptime import UPPTIME

PULL_ADAPTERS: dict[str, PullAdapter] = {one.name: one for one in (PROMETHEUS, STATUSPAGE, UPPTIME)}
