"""What we aim at ourselves, which document goes before which, and where two promises disagree.

A conflict is found by a service and never entered by hand: it is told by its fingerprint, which is made of what the
two sides say, so that the same disagreement is one row however often it is looked for. What becomes of it (found,
gone, decided) stands in rows of its own, and its state is derived from them.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from base.fields import Sha256Field
from contracts.models.agreements import Commitment, Contract
from contracts.models.parties import Counterparty, Service, code_validator

USER = settings.AUTH_USER_MODEL


class Figure(models.TextChoices):
    """What a promise is measured by, without the way in which it is measured."""

    AVAILABILITY = "availability", "Availability"
    ERROR_RATE = "error_rate", "Share of requests that succeed"
    ON_TIME = "on_time", "Share of events that are in time"
    QUANTITY = "quantity", "A quantity"
    PARTS = "parts", "Share of parts that are up"
    COMPOSITE = "composite", "Made of other commitments"
    FORMULA = "formula", "A formula"


class ServiceLevelObjective(models.Model):
    """One version of a level that we aim at ourselves, for one service. It promises nothing to anybody.

    Nothing in the books refers to one: only a commitment of a signed version is assessed. A change is a further
    version under the same ``code``; the version that counts on a day is the last one that covers it.
    """

    append_only = True

    class Window(models.TextChoices):
        HOUR = "hour", "Hour"
        DAY = "day", "Day"
        MONTH = "calendar_month", "Calendar month"
        QUARTER = "calendar_quarter", "Calendar quarter"
        YEAR = "calendar_year", "Calendar year"
        ROLLING = "rolling_days", "Rolling days"

    code = models.CharField(max_length=60, validators=[code_validator])
    number = models.PositiveIntegerField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="objectives")
    figure = models.CharField(max_length=20, choices=Figure.choices, default=Figure.AVAILABILITY)
    window = models.CharField(
        max_length=20,
        choices=Window.choices,
        blank=True,
        help_text="Empty: whatever the window of a promise.",
    )
    target_percent = models.DecimalField(max_digits=12, decimal_places=9)
    target_inclusive = models.BooleanField(default=True, help_text="Whether exactly that is enough.")
    owner = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="objectives")
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True, help_text="The first day that is not covered.")
    reason = models.TextField()
    entered_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name = "internal objective"
        ordering = ["code", "number"]
        constraints = [
            models.UniqueConstraint(name="contracts_objective_number_once", fields=["code", "number"]),
            models.CheckConstraint(name="contracts_objective_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="contracts_objective_is_a_percentage",
                condition=Q(target_percent__gte=0, target_percent__lte=100),
            ),
            models.CheckConstraint(
                name="contracts_objective_in_order",
                condition=Q(until_on__isnull=True) | Q(from_on__lt=F("until_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"objective {self.code} v{self.number}"


class ObjectiveAgreement(models.Model):
    """That the owner, who did not enter it, agreed to exactly this version of an objective."""

    append_only = True

    objective = models.OneToOneField(
        ServiceLevelObjective, on_delete=models.PROTECT, related_name="agreement"
    )
    agreed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return f"{self.objective} agreed"


class PrecedenceOrder(models.Model):
    """Which documents go before which: for everything under one master agreement, or with one counterparty.

    A change is a further version of the same scope; it counts once a second person confirmed it.
    """

    append_only = True

    master = models.ForeignKey(
        Contract, on_delete=models.PROTECT, null=True, blank=True, related_name="precedence_orders"
    )
    counterparty = models.ForeignKey(
        Counterparty, on_delete=models.PROTECT, null=True, blank=True, related_name="precedence_orders"
    )
    direction = models.CharField(max_length=20, choices=Contract.Direction.choices, blank=True)
    number = models.PositiveIntegerField()
    clause = models.TextField(help_text="The words that say so.")
    paper = models.CharField(max_length=200, help_text="Where they stand: document, clause, page.")
    recorded_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_precedence_one_scope",
                condition=Q(master__isnull=False, counterparty__isnull=True, direction="")
                | (Q(master__isnull=True, counterparty__isnull=False) & ~Q(direction="")),
            ),
            models.CheckConstraint(name="contracts_precedence_has_clause", condition=~Q(clause="")),
            models.UniqueConstraint(
                name="contracts_precedence_number_once",
                fields=["master", "counterparty", "direction", "number"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"order of precedence {self.number} for {self.scope}"

    @property
    def scope(self) -> str:
        """What it orders, for people."""
        if self.master is not None:
            return f"everything under {self.master.reference}"
        side = Contract.Direction(self.direction).label.lower()
        return f"what is {side} with {self.counterparty}"


class PrecedenceRank(models.Model):
    """One place in an order: a kind of document, or one named contract. The lower number prevails."""

    append_only = True

    order = models.ForeignKey(PrecedenceOrder, on_delete=models.PROTECT, related_name="ranks")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=Contract.Kind.choices, blank=True)
    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, null=True, blank=True, related_name="precedence_ranks"
    )

    class Meta:
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(name="contracts_rank_position_once", fields=["order", "position"]),
            models.UniqueConstraint(
                name="contracts_rank_named_once",
                fields=["order", "kind", "contract"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="contracts_rank_names_one_thing",
                condition=(~Q(kind="") & Q(contract__isnull=True)) | Q(kind="", contract__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.named}"

    @property
    def named(self) -> str:
        """What stands there, for people."""
        return self.contract.reference if self.contract is not None else self.get_kind_display()


class PrecedenceConfirmation(models.Model):
    """That a second person of legal read the clause and says the same."""

    append_only = True

    order = models.OneToOneField(PrecedenceOrder, on_delete=models.PROTECT, related_name="confirmation")
    confirmed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return f"{self.order} confirmed"


class Conflict(models.Model):
    """Two promises about the same thing that do not fit together, or a promise that reaches an objective.

    ``differences`` are the fields that differ with what either side says, as they were found: they are what the
    fingerprint is made of, so that other words make another conflict. ``is_family``: one document stands under the
    other, or both under the same one, so that both would pay the same thing.
    """

    append_only = True

    class Kind(models.TextChoices):
        DISAGREE = "disagree", "Two documents disagree"
        SAID_TWICE = "said_twice", "Two documents promise the same thing"
        OBJECTIVE = "objective", "A promise reaches the internal objective"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="conflicts")
    figure = models.CharField(max_length=20, choices=Figure.choices)
    first = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="conflicts_as_first")
    second = models.ForeignKey(
        Contract, on_delete=models.PROTECT, null=True, related_name="conflicts_as_second"
    )
    objective = models.ForeignKey(
        ServiceLevelObjective, on_delete=models.PROTECT, null=True, related_name="conflicts"
    )
    is_family = models.BooleanField()
    differences = models.JSONField()
    fingerprint = Sha256Field(unique=True)
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="contracts_conflict_two_sides",
                condition=Q(kind="objective", second__isnull=True, objective__isnull=False)
                | (~Q(kind="objective") & Q(second__isnull=False, objective__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        other = self.second.reference if self.second is not None else str(self.objective)
        return f"{self.get_kind_display()}: {self.first.reference} and {other} on {self.service.code}"


class ConflictSide(models.Model):
    """A commitment that stands in a conflict, against another; of each pair there are two, one for either side.

    A later version that repeats the disagreement adds its own: a decision carries on to it. ``zone`` is that of the
    commitment's windows, which a signed text never changes.
    """

    append_only = True

    class Side(models.TextChoices):
        FIRST = "first", "First"
        SECOND = "second", "Second"

    conflict = models.ForeignKey(Conflict, on_delete=models.PROTECT, related_name="sides")
    side = models.CharField(max_length=6, choices=Side.choices)
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="conflict_sides")
    against = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, null=True, related_name="conflict_sides_against"
    )
    zone = models.CharField(max_length=60)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="contracts_side_once",
                fields=["conflict", "commitment", "against"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commitment} in {self.conflict_id}"


class ConflictStep(models.Model):
    """That a conflict was found, that it was gone, or found again: with each a day as of which that was so."""

    append_only = True

    class Kind(models.TextChoices):
        FOUND = "found", "Found"
        GONE = "gone", "Gone"

    conflict = models.ForeignKey(Conflict, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=5, choices=Kind.choices)
    as_of = models.DateField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["conflict", "number"]
        constraints = [
            models.UniqueConstraint(name="contracts_conflictstep_once", fields=["conflict", "number"])
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.conflict_id}"


class ConflictDecision(models.Model):
    """What legal decided about a conflict: which side gives way, from which day, by the order or by a reason.

    It counts once a second person confirmed it, for windows that begin on ``from_on`` or later, until a later
    decision counts. Past results stay as they are.
    """

    append_only = True

    class GivesWay(models.TextChoices):
        FIRST = "first", "The first gives way"
        SECOND = "second", "The second gives way"
        NEITHER = "neither", "Both stand"

    conflict = models.ForeignKey(Conflict, on_delete=models.PROTECT, related_name="decisions")
    number = models.PositiveIntegerField()
    gives_way = models.CharField(max_length=7, choices=GivesWay.choices)
    order = models.ForeignKey(
        PrecedenceOrder, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions"
    )
    from_on = models.DateField()
    reason = models.TextField()
    decided_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["conflict", "number"]
        constraints = [
            models.UniqueConstraint(name="contracts_conflictdecision_once", fields=["conflict", "number"]),
            models.CheckConstraint(name="contracts_conflictdecision_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"decision {self.number} of conflict {self.conflict_id}"


class DecisionConfirmation(models.Model):
    """That a second person of legal confirmed a decision. From then on it counts."""

    append_only = True

    decision = models.OneToOneField(ConflictDecision, on_delete=models.PROTECT, related_name="confirmation")
    confirmed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return f"{self.decision} confirmed"
