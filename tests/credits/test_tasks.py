"""What a worker carries out, and what an outsider recomputes."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event, Seal
from base import jobs
from base.models import Job
from credits import services
from credits.models import Assessment, CreditMemo, Finalisation
from credits.tasks import reckoning_job
from tests.credits import world

pytestmark = pytest.mark.django_db


def run(kind: str, key: str, **arguments: object) -> Job:
    """Ask for work and carry it out at once, as a worker would."""
    job = jobs.enqueue(kind, key, **arguments)
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def window(told: world.World) -> dict[str, object]:
    return {
        "contract_id": told.contract.pk,
        "window_start": told.window.start.isoformat(),
        "window_end": told.window.end.isoformat(),
    }


def test_jobs_reckon_finalise_propose_and_forfeit_in_the_name_of_the_job():
    told = world.vendor()
    known = {"known_at": world.CUT_OFF.isoformat()}
    assert run("credits.assess", "1", **window(told), **known).outcome == {"breach": 1}
    assert not Finalisation.objects.exists()
    assert run("credits.assess", "2", **window(told), **known, final=True).outcome == {"breach": 1}
    proposed = run("credits.propose_memos", "1", **window(told), taken_on="2023-04-07")
    assert proposed.outcome == {"memos": [CreditMemo.objects.get().pk]}
    assert run("credits.forfeit", "1", as_of="2023-05-01").outcome == {"forfeited": 1}
    events = Event.objects.filter(via="task", actor=reckoning_job())
    assert list(events.order_by("pk").values_list("verb", flat=True)) == [
        "assessment.assess",
        "assessment.finalise",
        "credit_memo.propose",
        "claim.forfeit",
    ]


def test_a_job_with_other_keys_and_the_same_content_changes_nothing():
    told = world.vendor()
    known = {"known_at": world.CUT_OFF.isoformat(), "final": True}
    run("credits.assess", "1", **window(told), **known)
    before = Event.objects.count()
    run("credits.assess", "again", **window(told), **known)
    assert (Event.objects.count(), Assessment.objects.count()) == (before, 1)


def test_an_open_question_keeps_a_result_provisional_and_the_job_goes_on():
    told = world.vendor(fee=None)
    done = run("credits.assess", "1", **window(told), known_at=world.CUT_OFF.isoformat(), final=True)
    assert done.outcome == {"breach": 1}
    result = Assessment.objects.get()
    assert not Finalisation.objects.exists()
    assert result.open_questions.get().code == "MISSING_FEE"
    assert Event.objects.filter(verb="assessment.assess").count() == 1


def test_a_customers_unclaimed_credit_is_not_proposed():
    told = world.customer()
    run("credits.assess", "1", **window(told), known_at=world.CUT_OFF.isoformat(), final=True)
    assert run("credits.propose_memos", "1", **window(told), taken_on="2023-04-07").outcome == {"memos": []}
    with world.as_("customer_success"):
        services.record_customer_claim(told.claim(), taken_on=date(2023, 4, 8), reference="letter")
    proposed = run("credits.propose_memos", "2", **window(told), taken_on="2023-04-08")
    assert proposed.outcome == {"memos": [CreditMemo.objects.get().pk]}


def test_a_job_that_breaks_a_rule_is_kept_with_its_reason():
    told = world.vendor()
    early = told.window.end.isoformat()
    failed = run("credits.assess", "1", **window(told), known_at=early, final=True)
    assert failed.failed_at is not None
    assert "provisional" in failed.last_error


def test_the_record_is_sealed_by_a_job():
    world.vendor()
    assert run("audit.seal", "1").outcome == {"block": 1}
    assert Seal.objects.get().count == Event.objects.count()
    assert run("audit.seal", "2").outcome == {"block": None}


def test_a_result_is_recomputed_by_the_verifier_without_this_system(tmp_path: Path):
    told = world.vendor()
    output = tmp_path / "evidence.json"
    call_command("evidence", str(told.finalise().pk), "--output", str(output))
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "verifier", str(output)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recomputed: identical" in done.stdout

    evidence = json.loads(output.read_bytes())
    evidence["result"]["credit_amount"] = "987.47"
    output.write_text(json.dumps(evidence))
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "credit_amount" in done.stdout


def test_evidence_of_a_result_that_is_not_there(tmp_path: Path):
    with pytest.raises(CommandError, match="none with the number"):
        call_command("evidence", "1", "--output", str(tmp_path / "x"))
