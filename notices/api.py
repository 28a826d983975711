"""What was told to whom, to be read: notices with where they stand, and how each attempt fared."""

import django_filters as filters
from rest_framework import serializers

from audit.apibase import Reading
from notices.models import Announcement, Attempt, Notice, Outcome
from notices.reading import MEANING, notices_with_state


class OutcomeSerializer(serializers.ModelSerializer[Outcome]):
    class Meta:
        model = Outcome
        fields = ["kind", "answer_code", "answer", "next_try_at", "recorded_at"]


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    outcomes = OutcomeSerializer(many=True)

    class Meta:
        model = Attempt
        fields = ["number", "started_at", "outcomes"]


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    kind = serializers.ChoiceField(Announcement.Kind.choices, source="announcement.kind")
    contract = serializers.CharField(
        source="assessment.commitment.version.contract.reference", allow_null=True, read_only=True
    )
    state = serializers.ChoiceField(sorted(MEANING.items()), read_only=True)
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = Notice
        fields = [
            "id",
            "kind",
            "contract",
            "assessment",
            "audience",
            "recipient_address",
            "subject",
            "text",
            "text_sha256",
            "message_id",
            "replaces",
            "held_because",
            "composed_at",
            "state",
            "attempts",
        ]


class NoticeFilter(filters.FilterSet):
    contract = filters.CharFilter(field_name="assessment__commitment__version__contract__reference")
    kind = filters.ChoiceFilter(field_name="announcement__kind", choices=Announcement.Kind.choices)
    state = filters.ChoiceFilter(choices=sorted(MEANING.items()))

    class Meta:
        model = Notice
        fields = ["audience", "assessment"]


class NoticeView(Reading[Notice]):
    """Who was told what, in which words, and how each mail fared."""

    kind, scope = "notice", "read:events"
    rows = (
        notices_with_state()
        .select_related("announcement", "assessment__commitment__version__contract")
        .prefetch_related("attempts__outcomes")
    )
    serializer_class = NoticeSerializer
    filterset_class = NoticeFilter


VIEWS = (("notices", NoticeView),)
