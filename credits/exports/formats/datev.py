"""DATEV-Format, Buchungsstapel (category 21, format version 13, header version 700).

DATEV's format description: a header line of 31 fields, a line of 125 column headings, bookings of 125 fields;
semicolons, texts in quotation marks, decimal comma, Windows-1252, CRLF. A booking is an amount above zero with an
account and a contra account; its day is TTMM, and its year is that of the fiscal year in the header, so that a
batch lies within one fiscal year. An amount in another currency needs rate and amount in the currency of the books.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from credits.exports.errors import ProfileRefused
from credits.exports.formats.journals import OFF_THE_BALANCE_SHEET, SKR04
from credits.exports.models import Target
from credits.exports.values import Context, Journal, JournalLine, Written, fitted
from reckoning.money import minor_digits, round_amount, round_fraction

HEADER_VERSION, CATEGORY, FORMAT_VERSION = 700, 21, 13


def _columns() -> tuple[str, ...]:
    names = [
        "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz",
        "WKZ Basis-Umsatz", "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum",
        "Belegfeld 1", "Belegfeld 2", "Skonto", "Buchungstext", "Postensperre", "Diverse Adressnummer",
        "Geschäftspartnerbank", "Sachverhalt", "Zinssperre", "Beleglink",
    ]  # fmt: skip
    names += [f"Beleginfo - {what} {at}" for at in range(1, 9) for what in ("Art", "Inhalt")]
    names += [
        "KOST1 - Kostenstelle", "KOST2 - Kostenstelle", "Kost-Menge", "EU-Land u. UStID (Bestimmung)",
        "EU-Steuersatz (Bestimmung)", "Abw. Versteuerungsart", "Sachverhalt L+L", "Funktionsergänzung L+L",
        "BU 49 Hauptfunktionstyp", "BU 49 Hauptfunktionsnummer", "BU 49 Funktionsergänzung",
    ]  # fmt: skip
    names += [f"Zusatzinformation - {what} {at}" for at in range(1, 21) for what in ("Art", "Inhalt")]
    names += [
        "Stück", "Gewicht", "Zahlweise", "Forderungsart", "Veranlagungsjahr", "Zugeordnete Fälligkeit",
        "Skontotyp", "Auftragsnummer", "Buchungstyp", "USt-Schlüssel (Anzahlungen)", "EU-Land (Anzahlungen)",
        "Sachverhalt L+L (Anzahlungen)", "EU-Steuersatz (Anzahlungen)", "Erlöskonto (Anzahlungen)",
        "Herkunft-Kz", "Buchungs GUID", "KOST-Datum", "SEPA-Mandatsreferenz", "Skontosperre",
        "Gesellschaftername", "Beteiligtennummer", "Identifikationsnummer", "Zeichnernummer",
        "Postensperre bis", "Bezeichnung SoBil-Sachverhalt", "Kennzeichen SoBil-Buchung", "Festschreibung",
        "Leistungsdatum", "Datum Zuord. Steuerperiode", "Fälligkeit", "Generalumkehr (GU)", "Steuersatz",
        "Land", "Abrechnungsreferenz", "BVV-Position", "EU-Land u. UStID (Ursprung)",
        "EU-Steuersatz (Ursprung)", "Abw. Skontokonto",
    ]  # fmt: skip
    return tuple(names)


COLUMNS = _columns()
MOST_ROWS = 99_999
MOST_AMOUNT = Decimal("9999999999.99")


class Datev:
    """Bookings between two accounts each; an entry of more postings becomes several with the same Belegfeld 1."""

    target = Target.DATEV
    of_notes = False
    options: dict[str, tuple[str, str]] = {
        "consultant": ("Beraternummer, 1001 to 9999999", "1001"),
        "client": ("Mandantennummer, 1 to 99999", "1"),
        "account_length": ("Sachkontenlänge, 4 to 8", "4"),
        "fiscal_year_starts": ("month of the first day of the fiscal year, 1 to 12", "1"),
        "chart": ("Sachkontenrahmen, such as 03 or 04", "04"),
        "initials": ("Diktatkürzel, two capital letters, or empty", ""),
        "lock": ("1: the batch is locked at import (Festschreibung)", "0"),
    }
    accounts = SKR04

    def check(self, options: Mapping[str, Any], accounts: Mapping[str, str]) -> None:
        """Numbers within DATEV's ranges, accounts of the length that is set (one more for persons)."""
        for name, least, most in (
            ("consultant", 1001, 9_999_999),
            ("client", 1, 99_999),
            ("account_length", 4, 8),
            ("fiscal_year_starts", 1, 12),
            ("lock", 0, 1),
        ):
            text = str(options.get(name, ""))
            if not re.fullmatch(r"[0-9]{1,7}", text) or not least <= int(text) <= most:
                raise ProfileRefused(
                    f"options: {name} is {text!r}; a number from {least} to {most} is expected"
                )
        if not re.fullmatch(r"([A-Z]{2})?", str(options.get("initials", ""))):
            raise ProfileRefused("options: initials are two capital letters, or empty")
        if not re.fullmatch(r"([0-9]{2})?", str(options.get("chart", ""))):
            raise ProfileRefused("options: chart is two digits such as 04, or empty")
        longest = int(options["account_length"]) + 1
        for purpose, account in accounts.items():
            if not re.fullmatch(r"[0-9]{1,9}", account) or not int(account) or len(account) > longest:
                raise ProfileRefused(
                    f"accounts: {account!r} of {purpose} is no account of {longest - 1} digits (persons: {longest})"
                )

    def external_id(self, item: Journal) -> str:
        """Belegfeld 1: 36 characters, letters, digits and $ & % * + - /."""
        return fitted(item.own_reference, 36, r"A-Za-z0-9$&%*+/-")

    def refusal(self, item: Journal, context: Context) -> str:
        """Memorandum accounts are not taken, nor currencies without a rate, nor amounts beyond ten digits."""
        kept = item.without_memorandum()
        if not kept.lines:
            return OFF_THE_BALANCE_SHEET
        if minor_digits(item.currency) > 2:
            return f"DATEV keeps two decimals, and {item.currency} has {minor_digits(item.currency)}"
        if any(line.amount > MOST_AMOUNT for line in kept.lines):
            return "an amount has more than ten digits before the comma"
        if item.currency == context.functional_currency:
            return ""
        rate = context.rates.get((item.currency, item.effective_on))
        if rate is None:
            return (
                f"it is in {item.currency}, and no rate to {context.functional_currency} is known for "
                f"{item.effective_on} or before"
            )
        quoted = 1 / Fraction(rate.rate)
        if not 1 <= quoted < 10_000:
            return (
                f"DATEV takes rates from 1 to 9999,999999 {item.currency} for 1 {context.functional_currency}"
            )
        return ""

    def write(self, items: Sequence[Journal], context: Context) -> list[Written]:
        """A file for each fiscal year, and for each 99,999 bookings of it."""
        first_month = int(context.options["fiscal_year_starts"])
        years: dict[date, list[str]] = {}
        for item in sorted(items, key=lambda one: one.effective_on):
            rows = years.setdefault(_year_of(item.effective_on, first_month), [])
            rows += [self._booking(item, *pair, context) for pair in pairs(item.without_memorandum().lines)]
        files = []
        for begins_on, rows in sorted(years.items()):
            for part in range(0, len(rows), MOST_ROWS):
                name = f"EXTF_Buchungsstapel_{context.name}_{begins_on:%Y}_{part // MOST_ROWS + 1:02d}.csv"
                chunk = rows[part : part + MOST_ROWS]
                files.append(
                    Written(
                        name,
                        "text/csv; charset=windows-1252",
                        len(chunk),
                        self._file(begins_on, chunk, context),
                    )
                )
        return files

    def _file(self, begins_on: date, rows: Sequence[str], context: Context) -> bytes:
        lines = [self._header(begins_on, context), ";".join(COLUMNS), *rows]
        return ("\r\n".join(lines) + "\r\n").encode("cp1252")

    def _header(self, begins_on: date, context: Context) -> str:
        options = context.options
        last_on = _next_year(begins_on) - timedelta(days=1)
        from_on = max(context.from_on, begins_on)
        until_on = min(context.until_on - timedelta(days=1), last_on)
        created = (
            context.exported_at.strftime("%Y%m%d%H%M%S") + f"{context.exported_at.microsecond // 1000:03d}"
        )
        fields = [
            '"EXTF"', str(HEADER_VERSION), str(CATEGORY), '"Buchungsstapel"', str(FORMAT_VERSION), created, "",
            '"RE"', '"SLA Ledger"', '""', str(options["consultant"]), str(options["client"]), f"{begins_on:%Y%m%d}",
            str(options["account_length"]), f"{from_on:%Y%m%d}", f"{until_on:%Y%m%d}",
            _text(f"Service Credits {context.number}", 30), _text(str(options["initials"]), 2), "1", "0",
            str(options["lock"]), f'"{context.functional_currency}"', "", '""', "", "",
            _text(str(options["chart"]), 2), "", "", '""', _text(context.name, 16),
        ]  # fmt: skip
        return ";".join(fields)

    def _booking(
        self, item: Journal, debit: JournalLine, credit: JournalLine, amount: Decimal, context: Context
    ) -> str:
        fields = [""] * len(COLUMNS)
        fields[0:3] = [_comma(amount), '"S"', f'"{item.currency}"']
        if item.currency != context.functional_currency:
            rate = Fraction(context.rates[item.currency, item.effective_on].rate)
            base = round_amount(Fraction(amount) * rate, context.functional_currency)
            fields[3] = f"{round_fraction(1 / rate, 6, 'half_up')}".replace(".", ",")
            fields[4:6] = [_comma(base), f'"{context.functional_currency}"']
        fields[6:8] = [context.account(debit), context.account(credit)]
        fields[9] = f"{item.effective_on:%d%m}"
        fields[10] = f'"{self.external_id(item)}"'
        fields[13] = _text(item.description, 60)
        fields[113] = str(context.options["lock"])
        return ";".join(fields)


def pairs(lines: Sequence[JournalLine]) -> Iterator[tuple[JournalLine, JournalLine, Decimal]]:
    """Postings as bookings of one debit against one credit, in the order in which they stand.

    Every posting is used up exactly, as debits and credits of a journal are equal.
    """
    debits = [line for line in lines if line.side == "debit"]
    credits_ = [line for line in lines if line.side == "credit"]
    left = {id(line): line.amount for line in lines}
    while debits and credits_:
        part = min(left[id(debits[0])], left[id(credits_[0])])
        yield debits[0], credits_[0], part
        for side in (debits, credits_):
            left[id(side[0])] -= part
            if not left[id(side[0])]:
                side.pop(0)


def _year_of(day: date, first_month: int) -> date:
    """The first day of the fiscal year that a day lies in."""
    return date(day.year if day.month >= first_month else day.year - 1, first_month, 1)


def _next_year(day: date) -> date:
    return day.replace(year=day.year + 1)


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _text(text: str, limit: int) -> str:
    """A text field: in quotation marks, with characters of Windows-1252 only, cut at the limit."""
    flat = re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()
    plain = "".join(_in_cp1252(one) for one in unicodedata.normalize("NFC", flat))[:limit].rstrip()
    return '"' + plain.replace('"', '""') + '"'


def _in_cp1252(character: str) -> str:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        bare = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
        return bare or "?"
    return character
