"""On which line of a file a value stands, so that a fault can be found by a person with an editor."""

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def lines_of(text: str) -> dict[str, int]:
    """Path to line, from 1, for a document that was read before (JSON or YAML). Empty where that fails.

    A path is written as in faults: `commitments.0.caps.1.value`; the whole document is the empty path.
    """
    # Tabs may stand between the parts of JSON, and YAML knows none there; inside of its texts there are none.
    if text.lstrip("\ufeff \r\n\t").startswith(("{", "[")):
        text = text.replace("\t", " ")
    loader = _LOADER(text.removeprefix("\ufeff"))
    try:
        return _walked(loader)
    except (yaml.YAMLError, UnicodeError, ValueError, IndexError):
        return {}
    finally:
        loader.dispose()


def line_of(lines: dict[str, int], path: str) -> int | None:
    """The line of a path, else that of the nearest part above it that stands in the file; None without any."""
    steps = path.split(".") if path else []
    while steps:
        if (found := lines.get(".".join(steps))) is not None:
            return found
        steps.pop()
    return lines.get("")


def _walked(loader: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    # Of each open mapping or list: its path, the next index of a list or None, and the key that waits.
    stack: list[tuple[str, int | None, str | None]] = []
    while loader.check_event():
        event: Any = loader.get_event()
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            stack.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        mark: Any = event.start_mark
        line = mark.line + 1
        path = ""
        if stack:
            above, index, key = stack[-1]
            if index is None and key is None:
                waiting = str(getattr(event, "value", ""))
                stack[-1] = (above, None, waiting)
                found.setdefault(f"{above}.{waiting}" if above else waiting, line)
                continue
            step = str(index) if index is not None else str(key)
            path = f"{above}.{step}" if above else step
            stack[-1] = (above, None if index is None else index + 1, None)
        found.setdefault(path, line)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            stack.append((path, 0 if isinstance(event, yaml.SequenceStartEvent) else None, None))
    return found
