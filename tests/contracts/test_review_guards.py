"""Round the ORM, as the application's own role: nothing becomes signed with an open objection, an unanswered item, a
missing signer or somebody not consulted, and an edit leaves no signature alive."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.record import acting, record
from base.models import User
from contracts import checklist, consulting
from contracts.models import ConsultationPolicy, ContractVersion
from contracts.reading import terms_of
from contracts.review_checks import life_standings
from tests import factories
from tests.contracts.test_guards import refused_by, run

pytestmark = pytest.mark.django_db
OURS, THEIRS = "Our Us GmbH", "Their Customer Ltd"
SIGN = "UPDATE contracts_contractversion SET state = 'signed', signed_on = '2022-01-01' WHERE id = %s"
REMARK = (
    "INSERT INTO contracts_reviewremark (version_id, terms_sha256, kind, objection_class, path, words, made_by_id)"
    " SELECT id, terms_sha256, 'objection', %s, '', 'No.', %s FROM contracts_contractversion WHERE id = %s"
)
ANSWER = (
    "INSERT INTO contracts_remarkanswer (remark_id, outcome, words, from_sha256, to_sha256, answered_by_id)"
    " VALUES (%s, %s, 'So.', '', '', %s)"
)
ITEM = (
    "INSERT INTO contracts_checklistanswer (version_id, terms_sha256, item, answer, clause, note, answered_by_id)"
    " SELECT id, terms_sha256, %s, %s, '', '', created_by_id FROM contracts_contractversion WHERE id = %s"
)
SIGNER = (
    "INSERT INTO contracts_namedsigner (version_id, party, name, title, position, must_sign, named_by_id)"
    " SELECT id, %s, %s, '', %s, true, created_by_id FROM contracts_contractversion WHERE id = %s"
)
STEP = (
    "INSERT INTO contracts_signerstep (signer_id, kind, terms_sha256, reason, taken_by_id)"
    " SELECT s.id, %s, repeat('0', 64), 'So.', s.named_by_id FROM contracts_namedsigner s WHERE s.name = %s"
)
SIGNATURE = (
    "INSERT INTO contracts_signature (version_id, party, signatory, signed_on, terms_sha256, signer_id, recorded_by_id)"
    " SELECT v.id, %s, %s, '2022-01-01', v.terms_sha256,"
    " (SELECT n.id FROM contracts_namedsigner n WHERE n.version_id = v.id AND n.name = %s), %s"
    " FROM contracts_contractversion v WHERE v.id = %s"
)
POLICY = (
    "INSERT INTO contracts_consultationpolicy (direction, roles, reason, set_by_id)"
    " SELECT c.direction, %s::jsonb, 'So.', v.created_by_id"
    " FROM contracts_contractversion v JOIN contracts_contract c ON c.id = v.contract_id WHERE v.id = %s"
)
CONSULT = (
    "INSERT INTO contracts_consultation (version_id, role, service_code, person, consulted_on, words, recorded_by_id)"
    " SELECT id, %s, %s, 'P. Erson', '2022-01-01', '', created_by_id FROM contracts_contractversion WHERE id = %s"
)
LET_STAND = (
    "INSERT INTO contracts_findingacceptance (version_id, terms_sha256, code, path, reason, accepted_by_id)"
    " SELECT id, terms_sha256, 'GATE_NOT_CONSULTED', %s, 'So.', created_by_id"
    " FROM contracts_contractversion WHERE id = %s"
)
VOID = (
    "INSERT INTO contracts_signaturevoided (signature_id, reason, voided_by_id)"
    " SELECT id, 'So.', recorded_by_id FROM contracts_signature WHERE version_id = %s"
)


@pytest.fixture
def other() -> User:
    return factories.user("legal")


@pytest.fixture
def version() -> ContractVersion:
    """In review, all items answered."""
    made = factories.draft()
    run("UPDATE contracts_contractversion SET state = 'in_review' WHERE id = %s", made.pk)
    for item in checklist.EVERY:
        run(ITEM, item.id, "other", made.pk)
    return made


def sign_both(version: ContractVersion, by: User) -> None:
    for party in (OURS, THEIRS):
        run(SIGNATURE, party, "S. Omebody", "", by.pk, version.pk)


def test_with_everything_there_it_is_signed(version, other):
    sign_both(version, other)
    run(SIGN, version.pk)


@pytest.mark.parametrize("kind", ["information", "trade_off", "veto"])
def test_an_open_objection_keeps_it_from_being_signed(version, other, kind):
    run(REMARK, kind, other.pk, version.pk)
    sign_both(version, other)
    refused_by("contracts_version_no_open_objection", SIGN, version.pk)


def test_a_veto_that_was_only_rejected_is_open(version, other):
    run(REMARK, "veto", other.pk, version.pk)
    run(ANSWER, version.remarks.get().pk, "rejected", factories.user("legal").pk)
    sign_both(version, other)
    refused_by("contracts_version_no_open_objection", SIGN, version.pk)
    run(ANSWER, version.remarks.get().pk, "withdrawn", other.pk)
    run(SIGN, version.pk)


def test_an_unanswered_item_keeps_it_from_being_signed(version, other):
    run(ITEM, "governing_law", "FR", version.pk)
    sign_both(version, other)
    refused_by("contracts_version_checklist_answered", SIGN, version.pk)
    run(ITEM, "fr_moderation", "reviewed", version.pk)
    run(SIGN, version.pk)


def test_a_missing_named_signer_keeps_it_from_being_signed(version, other):
    run(SIGNER, OURS, "First", None, version.pk)
    run(SIGNER, OURS, "Second", None, version.pk)
    run(SIGNATURE, OURS, "First", "First", other.pk, version.pk)
    run(SIGNATURE, THEIRS, "Third", "", other.pk, version.pk)
    refused_by("contracts_version_signed_by_all_named", SIGN, version.pk)


def test_signers_sign_in_order_by_name_and_once(version, other):
    run(SIGNER, OURS, "First", 1, version.pk)
    run(SIGNER, OURS, "Second", 2, version.pk)
    refused_by("contracts_signature_in_order", SIGNATURE, OURS, "Second", "Second", other.pk, version.pk)
    named = "contracts_signature_of_a_named_signer"
    refused_by(named, SIGNATURE, OURS, "Anybody", "", other.pk, version.pk)
    refused_by(named, SIGNATURE, OURS, "Anybody", "First", other.pk, version.pk)
    refused_by("contracts_signers_of_a_party", SIGNER, "Somebody Else Ltd", "X", None, version.pk)
    run(SIGNATURE, OURS, "First", "First", other.pk, version.pk)
    refused_by("contracts_signature_once", SIGNATURE, OURS, "First", "First", other.pk, version.pk)
    refused_by("contracts_signers_fixed", SIGNER, OURS, "Late", None, version.pk)
    refused_by("contracts_signers_fixed", STEP, "removed", "Second")


def test_no_text_is_edited_under_a_signature_and_voided_ones_do_not_count(version, other):
    sign_both(version, other)
    back = "UPDATE contracts_contractversion SET state = 'draft' WHERE id = %s"
    word = """UPDATE contracts_contractversion SET terms = jsonb_set(terms, '{title}', '"Other"') WHERE id = %s"""
    refused_by("contracts_version_state_in_order", back, version.pk)
    refused_by("contracts_version_frozen", word, version.pk)
    run(VOID, version.pk)
    refused_by("contracts_version_signed_by_both", SIGN, version.pk)
    run(back, version.pk)
    run(word, version.pk)


def test_nothing_under_a_version_in_force_is_voided_remarked_on_or_answered(version, other):
    run(REMARK, "information", other.pk, version.pk)
    run(ANSWER, version.remarks.get().pk, "withdrawn", other.pk)
    sign_both(version, other)
    run(SIGN, version.pk)
    refused_by("contracts_signaturevoided_in_review", VOID, version.pk)
    refused_by("contracts_reviewremark_before_signing", REMARK, "veto", other.pk, version.pk)
    refused_by("contracts_checklistanswer_before_signing", ITEM, "precedence", "this", version.pk)
    refused_by("contracts_signers_before_signing", SIGNER, OURS, "Late", None, version.pk)
    late = "contracts_remarkanswer_before_signing"
    refused_by(late, ANSWER, version.remarks.get().pk, "reply", other.pk)


def test_nobody_decides_on_their_own_remark_or_withdraws_anothers(version, other):
    run(REMARK, "trade_off", other.pk, version.pk)
    pk = version.remarks.get().pk
    refused_by("contracts_remarkanswer_by_another", ANSWER, pk, "accepted", other.pk)
    whom = "contracts_remarkanswer_withdrawn_by_whom"
    refused_by(whom, ANSWER, pk, "withdrawn", factories.user("legal").pk)
    run(REMARK, "veto", other.pk, version.pk)
    # Whoever drafted the text does not lift a veto against it.
    refused_by(whom, ANSWER, pk + 1, "withdrawn", version.created_by_id)


def test_answers_and_remarks_are_for_the_text_as_it_is(version, other):
    old = ITEM.replace("terms_sha256, %s, %s", "repeat('0', 64), %s, %s")
    refused_by("contracts_checklistanswer_of_this_text", old, "precedence", "this", version.pk)


def test_whoever_must_be_consulted_and_was_not_keeps_it_from_being_signed(version, other):
    gate = "contracts_version_consulted"
    run(POLICY, '["finance", "service_owner"]', version.pk)
    sign_both(version, other)
    refused_by(gate, SIGN, version.pk)
    # A role of services is asked for each that the terms name, and for those alone.
    run(CONSULT, "finance", "", version.pk)
    run(CONSULT, "service_owner", "", version.pk)
    run(CONSULT, "service_owner", "mail", version.pk)
    refused_by(gate, SIGN, version.pk)
    run(CONSULT, "service_owner", "platform", version.pk)
    run(POLICY, '["finance", "service_owner", "product_owner"]', version.pk)
    refused_by(gate, SIGN, version.pk)
    other_text = LET_STAND.replace("SELECT id, terms_sha256", "SELECT id, repeat('0', 64)")
    run(other_text, "consulted.product_owner", version.pk)
    refused_by(gate, SIGN, version.pk)
    run(LET_STAND, "consulted.product_owner", version.pk)
    run(SIGN, version.pk)


def test_the_last_policy_of_the_same_direction_counts(version, other):
    run(POLICY, '["finance"]', version.pk)
    run(POLICY.replace("SELECT c.direction", "SELECT 'promised_to_us'"), '["operations"]', version.pk)
    sign_both(version, other)
    refused_by("contracts_version_consulted", SIGN, version.pk)
    run(POLICY, "[]", version.pk)
    run(SIGN, version.pk)


def test_the_database_names_the_same_seats_as_the_gate(version):
    """Both look at the same rows; that they agree is proved for every role at once."""
    roles = list(consulting.ROLES)
    run(POLICY, json.dumps(roles), version.pk)
    named = [item.path for item in life_standings(version)]
    assert named == [consulting.seat_path(seat) for seat in consulting.seats(roles, terms_of(version))]
    for path in sorted(named):
        with connection.cursor() as cursor:
            cursor.execute("SELECT contracts_not_consulted(%s)", [version.pk])
            assert cursor.fetchone() == (path,)
        run(LET_STAND, path, version.pk)
    assert not [item for item in life_standings(version) if item.is_open]


def test_a_conformed_text_is_signed_with_a_change_in_force_only(version, other):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('contracts_guard_version'::regproc)")
        assert "contracts_version_conformed_with_a_signed_change" in cursor.fetchone()[0]


TABLES = [
    "reviewrequest",
    "reviewremark",
    "remarkanswer",
    "checklistanswer",
    "consultationpolicy",
    "consultation",
    "stakeholderentry",
    "namedsigner",
    "signerstep",
    "signaturevoided",
]


@pytest.mark.parametrize("table", TABLES)
def test_facts_of_a_review_are_not_changed(table):
    for sql in (f"DELETE FROM contracts_{table}", f"UPDATE contracts_{table} SET id = id"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            run(sql)


# A model: any order of acts ---------------------------------------------------------------------------------

ITEMS = [item.id for item in checklist.EVERY]
ACTS = st.one_of(
    st.tuples(st.just("object"), st.sampled_from(["information", "trade_off", "veto"])),
    st.tuples(st.just("reject"), st.integers(0, 2)),
    st.tuples(st.just("withdraw"), st.integers(0, 2)),
    st.tuples(st.just("check"), st.sampled_from(["all", "law", ITEMS[3]])),
    st.tuples(st.just("name"), st.sampled_from(["First", "Second"])),
    st.tuples(st.just("remove"), st.sampled_from(["First", "Second"])),
    st.tuples(st.just("sign"), st.sampled_from(["First", "Second", "Third"])),
    st.tuples(st.just("want"), st.sampled_from(["[]", '["finance"]', '["finance", "service_owner"]'])),
    st.tuples(
        st.just("consult"), st.sampled_from(["finance", "service_owner.platform", "service_owner.mail"])
    ),
    st.tuples(st.just("let"), st.sampled_from(["finance", "service_owner.platform"])),
    st.tuples(st.just("void"), st.none()),
    st.tuples(st.just("back"), st.none()),
    st.tuples(st.just("edit"), st.integers(0, 3)),
    st.tuples(st.just("review"), st.none()),
    st.tuples(st.just("force"), st.none()),
)


class Model:
    """What ought to hold, kept beside the database: it says whether signing would be allowed."""

    def __init__(self, version: ContractVersion, other: User) -> None:
        self.version, self.other = version, other
        self.objections: list[list] = []

    def try_sql(self, sql: str, *values: object) -> bool:
        try:
            with transaction.atomic():
                record("test.sql", self.other)
                with connection.cursor() as cursor:
                    cursor.execute(sql, values)
                connection.check_constraints()
        except DatabaseError:
            return False
        return True

    def act(self, name: str, of: object) -> bool:
        pk = self.version.pk
        remarks = list(self.version.remarks.order_by("pk").values_list("pk", flat=True))
        third = self.version.created_by_id
        steps: dict[str, Callable[[], bool]] = {
            "object": lambda: self.try_sql(REMARK, of, self.other.pk, pk),
            "reject": lambda: of < len(remarks) and self.try_sql(ANSWER, remarks[of], "rejected", third),
            "withdraw": lambda: (
                of < len(remarks) and self.try_sql(ANSWER, remarks[of], "withdrawn", self.other.pk)
            ),
            "check": lambda: self.check(of),
            "name": lambda: self.try_sql(SIGNER, OURS, of, None, pk),
            "remove": lambda: self.try_sql(STEP, "removed", of),
            "sign": lambda: self.try_sql(
                SIGNATURE, THEIRS if of == "Third" else OURS, of, of, self.other.pk, pk
            ),
            "want": lambda: self.try_sql(POLICY, of, pk),
            "consult": lambda: self.try_sql(CONSULT, *f"{of}.".split(".")[:2], pk),
            "let": lambda: self.try_sql(LET_STAND, f"consulted.{of}", pk),
            "void": lambda: self.try_sql(VOID, pk),
            "back": lambda: self.move("draft"),
            "review": lambda: self.move("in_review"),
            "edit": lambda: self.try_sql(
                "UPDATE contracts_contractversion SET terms_sha256 = %s WHERE id = %s", str(of) * 64, pk
            ),
            "force": lambda: self.try_sql(SIGN, pk),
        }
        return steps[name]()

    def check(self, of: object) -> bool:
        items = ITEMS if of == "all" else ["governing_law"] if of == "law" else [of]
        return all(self.try_sql(ITEM, item, "other", self.version.pk) for item in items)

    def move(self, state: str) -> bool:
        sql = "UPDATE contracts_contractversion SET state = %s WHERE id = %s"
        return self.try_sql(sql, state, self.version.pk)

    def may_be_in_force(self) -> bool:
        """Read from the rows, in Python and by other means than the triggers."""
        version = ContractVersion.objects.get(pk=self.version.pk)
        for remark in version.remarks.all():
            outcomes = {one.outcome for one in remark.answers.all()}
            if "withdrawn" not in outcomes and (remark.objection_class == "veto" or not outcomes):
                return False
        given = version.checklist_answers.filter(terms_sha256=version.terms_sha256)
        if not set(ITEMS) <= set(given.values_list("item", flat=True)):
            return False
        if not self.all_were_consulted(version):
            return False
        live = [one for one in version.signatures.all() if not hasattr(one, "voided")]
        here = {one.signatory for one in live if one.terms_sha256 == version.terms_sha256}
        wanted = {
            one.name for one in version.named_signers.all() if not one.steps.filter(kind="removed").exists()
        }
        return wanted <= here and {OURS, THEIRS} <= {one.party for one in live if one.signatory in here}

    def all_were_consulted(self, version: ContractVersion) -> bool:
        """Of the services that the terms of these tests name there is one, the platform."""
        last = ConsultationPolicy.objects.filter(direction=version.contract.direction).order_by("pk").last()
        wanted = (
            {("service_owner", "platform") if role == "service_owner" else (role, "") for role in last.roles}
            if last
            else set()
        )
        met = {(one.role, one.service_code) for one in version.consultations.all()}
        let = {
            one.path for one in version.accepted_findings.all() if one.terms_sha256 == version.terms_sha256
        }
        return all(".".join(("consulted", *filter(None, seat))) in let for seat in wanted - met)


def follow(acts: list[tuple[str, object]]) -> bool:
    with transaction.atomic():
        version = factories.draft()
        other = factories.user("legal")
        model = Model(version, other)
        signed = False
        with acting(other, via="command"):
            for name, of in [("review", None), *acts, ("force", None)]:
                done = model.act(name, of)
                if name == "force" and done:
                    assert model.may_be_in_force()
                    signed = True
                if signed:
                    assert ContractVersion.objects.get(pk=version.pk).state == "signed"
        transaction.set_rollback(True)
    return signed


@given(acts=st.lists(ACTS, max_size=14))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_no_path_leads_to_a_signed_version_with_something_open(acts):
    follow(acts)


@pytest.mark.slow
@given(acts=st.lists(ACTS, min_size=4, max_size=30))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_longer_path_does_either(acts):
    follow(acts)


def test_the_model_does_reach_a_signed_version():
    """Else the two above would prove nothing."""
    assert follow([("check", "all"), ("name", "First"), ("sign", "First"), ("sign", "Third")])
    assert not follow(
        [("check", "all"), ("name", "First"), ("name", "Second"), ("sign", "First"), ("sign", "Third")]
    )
    assert not follow(
        [("check", "all"), ("object", "veto"), ("reject", 0), ("sign", "First"), ("sign", "Third")]
    )
    assert not follow([("sign", "First"), ("sign", "Third")])
    both = [("check", "all"), ("sign", "First"), ("sign", "Third")]
    gate = ("want", '["finance", "service_owner"]')
    assert not follow([*both, gate])
    assert not follow([*both, gate, ("consult", "finance"), ("consult", "service_owner.mail")])
    assert follow([*both, gate, ("consult", "finance"), ("let", "service_owner.platform")])
    assert follow([*both, gate, ("want", "[]")])
    path = [
        ("check", "all"),
        ("sign", "First"),
        ("sign", "Third"),
        ("void", None),
        ("back", None),
        ("edit", 1),
    ]
    assert not follow([*path, ("review", None), ("sign", "First"), ("sign", "Third")])
    assert follow([*path, ("review", None), ("check", "all"), ("sign", "First"), ("sign", "Third")])


@pytest.mark.slow
def test_the_guards_go_back_and_forth_and_leave_nothing(owner_cursor):
    folder = Path(__file__).resolve().parents[2] / "contracts" / "sql"
    count = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'contracts%' AND prosrc LIKE '%contracts_live_signatures%'"
    owner_cursor.execute("BEGIN")
    owner_cursor.execute(count)
    (before,) = owner_cursor.fetchone()
    assert before
    owner_cursor.execute((folder / "signing_life.reverse.sql").read_text())
    owner_cursor.execute(count)
    assert owner_cursor.fetchone() == (0,)
    owner_cursor.execute((folder / "signing_life.sql").read_text())
    owner_cursor.execute(count)
    assert owner_cursor.fetchone() == (before,)
    owner_cursor.execute("ROLLBACK")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("guard", "kind", "acts"),
    [
        ("contracts_open_objection", "bigint", [("object", "veto")]),
        ("contracts_not_consulted", "text", [("want", '["finance"]')]),
    ],
)
def test_without_its_guard_the_model_finds_the_path(owner_cursor, guard, kind, acts):
    """A negative control: it is the guard that keeps the paths away. It is put back for the tests that follow."""
    owner_cursor.execute(f"SELECT pg_get_functiondef('{guard}'::regproc)")
    (as_it_was,) = owner_cursor.fetchone()
    owner_cursor.execute(
        f"CREATE OR REPLACE FUNCTION {guard}(of_version bigint) RETURNS {kind} LANGUAGE sql STABLE"
        f" SET search_path = pg_catalog, public, pg_temp AS 'SELECT NULL::{kind}'"
    )
    path = [("check", "all"), *acts, ("sign", "First"), ("sign", "Third")]
    try:
        with pytest.raises(AssertionError):
            follow(path)
    finally:
        owner_cursor.execute(as_it_was)
    assert not follow(path)
