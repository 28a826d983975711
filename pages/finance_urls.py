"""The pages of the books."""

from django.urls import path

from pages import exports, finance, finance_life, finance_month, ledger, memos, schedules, statements

urlpatterns = [
    path("memos/", memos.memos, name="memos"),
    path("memos/acts/", memos.act_on_several, name="memos_act"),
    path("memos/<int:pk>/", memos.memo, name="memo"),
    path("memos/<int:pk>/life/<slug:act>/", finance_life.live, name="memo_life"),
    path("memos/<int:pk>/<slug:act>/", memos.act_on_one, name="memo_act"),
    path("goodwill/", finance_life.goodwill, name="goodwill"),
    path("restatements/", finance_life.restatements, name="restatements"),
    path("restatements/<int:pk>/", finance_life.restatement, name="restatement"),
    path("results/<int:pk>/restate/", finance_life.restate, name="restate"),
    path("provision/<str:entity>/", finance_month.provision, name="provision"),
    path("provision/<str:entity>/roll-forward.csv", finance_month.provision_file, name="provision_file"),
    path("rates/", finance_month.rates, name="rates"),
    path("approval-matrix/", finance_month.matrix, name="matrix"),
    path("pass-through/", finance_month.passing, name="pass_through"),
    path("periods/<str:entity>/<str:label>/", finance.period, name="period"),
    path("periods/<str:entity>/<str:label>/<slug:act>/", finance.period_act, name="period_act"),
    path("statements/", statements.statements, name="statements"),
    path("statements/statement.<slug:ending>", statements.statement_file, name="statement_file"),
    path("statements/schedules/", schedules.schedules, name="schedules"),
    path("statements/schedules/new/", schedules.begin_schedule, name="schedule_begin"),
    path("statements/schedules/<int:pk>/end/", schedules.end_schedule, name="schedule_end"),
    path("statements/schedules/<int:pk>/run/", schedules.run_report, name="schedule_run"),
    path("statements/documents/<int:pk>/", schedules.report_document, name="report_document"),
    path("exports/", exports.exports, name="exports"),
    path("exports/new/", exports.make_export, name="export_make"),
    path("exports/profiles/<str:entity>/<slug:target>/", exports.export_profile, name="export_profile"),
    path("exports/<int:pk>/", exports.export, name="export"),
    path("exports/<int:pk>/report/", exports.load_report, name="export_report"),
    path("exports/<int:pk>/again/", exports.export_again, name="export_again"),
    path("exports/<int:pk>/files/<str:name>", exports.export_file, name="export_file"),
    path("trial-balance/", ledger.trial_balance_page, name="trial_balance"),
    path("accounts/<int:pk>/", ledger.account, name="account"),
    path("entries/<path:reference>/", ledger.entry, name="entry"),
]
