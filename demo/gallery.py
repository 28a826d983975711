"""The gallery of templates in the demo: the published agreements, loaded by legal."""

from datetime import date

from audit.record import acting
from contracts import services
from contracts.gallery.published import published
from demo.people import person


def ensure_gallery(as_of: date) -> None:
    """Load what is not there yet."""
    with acting(person("lena"), via="command", reason="the demo's world"):
        services.load_templates(published(), loaded_on=as_of)
