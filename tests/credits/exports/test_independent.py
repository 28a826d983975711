"""Other people's programs add up the same books: hledger and Beancount against our trial balance.

They read what was exported and know nothing of this code. Every account and every currency is compared, in both
directions: nothing may lack there and nothing may be there that we do not have.
"""

import csv
import io
import json
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from credits.exports.formats import beancount, hledger
from credits.exports.values import JournalLine
from credits.models import JournalEntry
from credits.reading import trial_balance
from tests import factories
from tests.credits.exports import ledgers

Balances = dict[tuple[str, str], Decimal]
needs_hledger = pytest.mark.skipif(
    shutil.which("hledger") is None, reason="hledger (Debian's package of that name) is not installed"
)
ADD_UP = """
import json, sys
from beancount import loader
from beancount.core import data
from beancount.core.realization import realize, iter_children
entries, errors, _ = loader.load_file(sys.argv[1])
rows = [
    [real.account, position.units.currency, str(position.units.number)]
    for real in iter_children(realize(entries)) for position in real.balance
]
count = sum(isinstance(entry, data.Transaction) for entry in entries)
print(json.dumps({"errors": [str(error.message) for error in errors], "rows": rows, "count": count}))
"""


def ours(name, entity=None) -> Balances:
    """Debit less credit by the other program's account and currency; zeros left out."""
    entity = entity or factories.entity()
    found: Balances = {}
    for row in trial_balance(entity):
        account = row.account
        line = JournalLine(
            account.purpose, "", account.kind, account.counterparty.code, "", "debit", Decimal(1)
        )
        key = name(entity.code, line), row.currency
        assert key not in found, "no two of our accounts may have one name there"
        found[key] = row.balance
    return {key: amount for key, amount in found.items() if amount}


def by_hledger(path: Path) -> Balances:
    said = subprocess.run(
        ["hledger", "-f", str(path), "balance", "--flat", "-N", "-O", "csv", "--layout=bare"],
        capture_output=True,
        check=True,
        text=True,
        env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    ).stdout
    rows = csv.DictReader(io.StringIO(said))
    return {(row["account"], row["commodity"]): Decimal(row["balance"]) for row in rows if row["commodity"]}


def by_beancount(path: Path) -> tuple[Balances, int]:
    said = subprocess.run(
        [sys.executable, "-c", ADD_UP, str(path)], capture_output=True, check=True, text=True
    ).stdout
    told = json.loads(said)
    assert told["errors"] == []
    return {
        (account, currency): Decimal(number) for account, currency, number in told["rows"] if Decimal(number)
    }, told["count"]


def written(tmp_path: Path, target: str, **whole) -> Path:
    batch = ledgers.export(target, **whole)
    [file] = batch.files.all()
    path = tmp_path / file.name
    path.write_bytes(bytes(file.content))
    assert batch.left_out == []
    assert batch.line_count >= JournalEntry.objects.count()
    return path


def others_agree(tmp_path: Path, entity, span) -> int:
    """Both programs add up a whole ledger as we do; how many balances were compared."""
    found, count = by_beancount(written(tmp_path, "beancount", entity=entity, span=span))
    assert found == ours(beancount.account_name, entity)
    assert count == JournalEntry.objects.filter(legal_entity=entity).count()
    if shutil.which("hledger") is not None:
        path = written(tmp_path, "hledger", entity=entity, span=span)
        assert by_hledger(path) == ours(hledger.account_name, entity)
    return len(found)


@needs_hledger
@pytest.mark.django_db
def test_hledger_adds_up_a_small_ledger_as_we_do(tmp_path):
    ledgers.small()
    found = by_hledger(written(tmp_path, "hledger"))
    assert found == ours(hledger.account_name)
    assert len(found) >= 4


@pytest.mark.django_db
def test_beancount_adds_up_a_small_ledger_as_we_do(tmp_path):
    ledgers.small()
    found, count = by_beancount(written(tmp_path, "beancount"))
    assert found == ours(beancount.account_name)
    assert count == JournalEntry.objects.count()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.django_db
def test_a_random_year_is_added_up_by_both_as_we_do(tmp_path, seed):
    ledgers.random_year(seed)
    found, _ = by_beancount(written(tmp_path, "beancount"))
    assert found == ours(beancount.account_name)
    assert {currency for _, currency in found} == {"EUR", "USD", "JPY", "KWD"}
    if shutil.which("hledger") is None:
        pytest.skip("hledger (Debian's package of that name) is not installed; Beancount agreed")
    assert by_hledger(written(tmp_path, "hledger")) == ours(hledger.account_name)


@needs_hledger
@pytest.mark.django_db
def test_a_posting_that_is_altered_is_noticed_by_hledger(tmp_path):
    """The control: with one unit more on both sides of an entry the comparison must fail."""
    ledgers.small()
    path = written(tmp_path, "hledger")
    path.write_text(path.read_text().replace("1000.00", "1000.01"))
    assert by_hledger(path) != ours(hledger.account_name)


@pytest.mark.django_db
def test_batches_of_two_periods_are_read_by_beancount_together(tmp_path):
    """Accounts are opened once: the second file opens only what the first did not."""
    ledgers.random_year(4, entries=30)
    from datetime import date

    names = []
    for span in ((date(2023, 7, 1), date(2024, 1, 1)), (date(2023, 1, 1), date(2023, 7, 1))):
        [file] = ledgers.export("beancount", span=span).files.all()
        (tmp_path / file.name).write_bytes(bytes(file.content))
        names.append(file.name)
    whole = tmp_path / "whole.beancount"
    whole.write_text("".join(f'include "{name}"\n' for name in names))
    found, _ = by_beancount(whole)
    assert found == ours(beancount.account_name)
