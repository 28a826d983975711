"""Which notices are whose: customer success sees what was worded for it."""

from django.db.models import Q

from base.access import Rows, tell_apart
from notices.models import Attempt, Audience, Decision, Notice, Outcome

_OURS = Audience.CUSTOMER_SUCCESS

tell_apart(Notice, Rows(customers=Q(audience=_OURS)))
tell_apart(Attempt, Rows(customers=Q(notice__audience=_OURS)))
tell_apart(Outcome, Rows(customers=Q(attempt__notice__audience=_OURS)))
tell_apart(Decision, Rows(customers=Q(notice__audience=_OURS)))
