"""The named errors of exports, and which of them each constraint of the database stands for."""

from base.errors import Conflict, DomainError


class NothingToExport(DomainError):
    """Everything of the period was exported already, or there was nothing."""

    code = "nothing_to_export"


class ExportRefused(DomainError):
    """An export that its format, its period or its profile does not allow."""

    code = "export_refused"


class ProfileRefused(DomainError):
    """A profile that its format cannot be written with."""

    code = "profile_refused"


class ReportRefused(DomainError):
    """An import report that says nothing about the batch."""

    code = "report_refused"


class ScheduleRefused(DomainError):
    """A schedule of statements, or a period of one, that cannot be."""

    code = "schedule_refused"


BY_CONSTRAINT: dict[str, type[DomainError]] = {
    "exports_batch_once": Conflict,
    "exports_line_once": Conflict,
    "exports_line_entry_once": Conflict,
    "exports_line_memo_once": Conflict,
    "exports_line_again_if_rejected": ExportRefused,
    "exports_line_of_its_entity": ExportRefused,
    "exports_batch_whole": ExportRefused,
    "exports_file_hash": ExportRefused,
    "exports_report_once": Conflict,
    "exports_report_whole": ReportRefused,
    "exports_schedule_once": Conflict,
    "exports_schedule_starts_a_month": ScheduleRefused,
    "exports_run_once": Conflict,
}
