"""Results kept by what they were computed from, so that what did not change is not computed again.

Only for pure functions, with everything that the result depends on in the key. What is kept is shared: nobody may
change it.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class Kept[Result]:
    """The last results, those not asked for longest first out. Shared by the threads of a process."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[Hashable, tuple[Result]] = OrderedDict()
        self._lock = Lock()

    def of(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """The result for a key, made where it is not kept. What ``make`` raises is raised, and nothing is kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found[0]
        made = make()
        with self._lock:
            self._kept[key] = (made,)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return made
