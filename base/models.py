"""The people and machines that act, and the work that must happen."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

ROLES = (
    "legal",
    "finance",
    "finance_approver",
    "auditor",
    "vendor_manager",
    "customer_success",
    "executive",
    "administrator",
)


class User(AbstractUser):
    """Whoever acts. Roles are groups (see ``ROLES``), given by migration.

    A ``job`` acts but is no person: it never logs in and never approves (rule 20). Logins of a vendor, a
    customer or an outside auditor may be boxed in time by ``access_from_on`` and ``access_until_on``
    (both days included, UTC).
    """

    class Kind(models.TextChoices):
        STAFF = "staff", "Staff"
        JOB = "job", "Scheduled job"
        VENDOR = "vendor", "Vendor's login"
        CUSTOMER = "customer", "Customer's login"
        AUDITOR = "auditor", "Outside auditor"

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.STAFF)
    access_from_on = models.DateField(null=True, blank=True)
    access_until_on = models.DateField(null=True, blank=True)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                name="base_user_job_never_staff",
                condition=~Q(kind="job") | Q(is_staff=False, is_superuser=False),
            ),
            models.CheckConstraint(
                name="base_user_access_in_order",
                condition=Q(access_from_on__isnull=True)
                | Q(access_until_on__isnull=True)
                | Q(access_from_on__lte=models.F("access_until_on")),
            ),
        ]

    @classmethod
    def job(cls, room: str) -> "User":
        """The account in whose name the scheduled work of ``room`` is done, made when it is first needed.

        It is an actor, but no person (rule 20): its password is none.
        """
        name = f"job-{room}"
        account = cls.objects.filter(username=name).first()
        if account is None:
            values = {
                "kind": cls.Kind.JOB,
                "first_name": room.capitalize(),
                "last_name": "job",
                "password": "!",
            }
            account, _ = cls.objects.get_or_create(username=name, defaults=values)
        return account

    @property
    def is_person(self) -> bool:
        """Whether this is a person, who may approve, and not a scheduled job."""
        return self.kind != self.Kind.JOB

    @property
    def display_name(self) -> str:
        """The name that is frozen onto records."""
        return self.get_full_name() or self.get_username()

    def may_enter_on(self, day: date) -> bool:
        """Whether the time box, if any, is open on ``day`` (UTC), and the login is of a kind that logs in."""
        if self.kind == self.Kind.JOB or not self.is_active:
            return False
        after_start = self.access_from_on is None or self.access_from_on <= day
        return after_start and (self.access_until_on is None or day <= self.access_until_on)

    def has_role(self, *roles: str) -> bool:
        """Whether the user is in any of the groups ``roles``. A superuser has no role by being one.

        A counterparty's login never has one, and an outside auditor none but the auditor's, whatever groups
        somebody put them in.
        """
        if self.kind in {self.Kind.VENDOR, self.Kind.CUSTOMER}:
            return False
        if self.kind == self.Kind.AUDITOR:
            roles = tuple(role for role in roles if role == "auditor")
        if not hasattr(self, "_role_names"):
            self._role_names = set(self.groups.values_list("name", flat=True))
        return bool(self._role_names & set(roles))


class Job(models.Model):
    """Work that must happen: a row first, then a message. The broker may lose anything (house rule).

    ``key`` names the work, so that asking twice is asking once. The handler's effects and ``done_at``
    are committed together, so that a job that is carried out twice has its effect once.
    """

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(
        null=True, blank=True, help_text="Given up on: an error that trying again cannot mend."
    )
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    outcome = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="base_job_once", fields=["kind", "key"])]
        indexes = [
            models.Index(
                name="base_job_waiting", fields=["created_at"], condition=Q(done_at=None, failed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class RateCount(models.Model):
    """How often something happened in one window of time; see ``base.limits``."""

    key = models.CharField(max_length=100)
    window_number = models.BigIntegerField()
    count = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="base_ratecount_once", fields=["key", "window_number"])]
        indexes = [models.Index(name="base_ratecount_age", fields=["counted_at"])]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
