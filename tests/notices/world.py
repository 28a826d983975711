"""A breach of March 2023 that was found, and those who are told."""

from datetime import UTC, datetime, timedelta

from base import jobs
from base.models import Job
from credits.models import Assessment
from notices import services
from notices.models import Announcement, Notice, Outcome
from notices.reading import notices_with_state
from notices.smtp import Post
from notices.tasks import COMPOSE
from tests import factories
from tests.credits import world as credits_world

NOW = datetime(2023, 4, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEGAL, SUCCESS = "legal@example.com", "success@example.com"


def subscribe_both() -> None:
    """A mailbox of legal and one of customer success are told."""
    with credits_world.as_("administrator"):
        services.subscribe(audience="legal", address=LEGAL)
        services.subscribe(audience="customer_success", address=SUCCESS)


def breach(told: credits_world.World | None = None) -> Assessment:
    """A final breach; by default our promise to the customer, missed by 16 minutes."""
    return (told or credits_world.customer()).finalise()


def compose(announcement: Announcement | None = None, at: datetime = NOW) -> list[Notice]:
    """Compose as the worker does, through the job that the database put down."""
    announcement = announcement or Announcement.objects.latest("pk")
    job = Job.objects.get(kind=COMPOSE, key=str(announcement.pk))
    before = set(Notice.objects.values_list("pk", flat=True))
    assert jobs.run(job.pk) in {"done", "gone"}
    return list(Notice.objects.exclude(pk__in=before).order_by("pk"))


def notices(told: credits_world.World | None = None) -> list[Notice]:
    """The two notices of a breach: legal's and customer success's."""
    subscribe_both()
    breach(told)
    return compose()


def send(notice: Notice, after: timedelta = timedelta()) -> Outcome | None:
    """One attempt at a notice, ``after`` its composing."""
    with Post() as post:
        return services.deliver(notice.pk, now=NOW + after, post=post)


def state(notice: Notice) -> str:
    """Where a notice stands."""
    return str(notices_with_state().get(pk=notice.pk).state)


def decider() -> object:
    """Act as somebody of customer success."""
    return credits_world.as_(factories.user("customer_success"))
