"""The pages that several roles share."""

from django.urls import path

from pages import assessments, components, contracts, mails

urlpatterns = [
    path("components/", components.components, name="components"),
    path("components/<slug:code>/<str:day>/", components.component_day, name="component_day"),
    path("contracts/", contracts.contracts, name="contracts"),
    path("contracts/<int:pk>/", contracts.contract, name="contract"),
    path("assessments/", assessments.assessments, name="assessments"),
    path("assessments/<int:pk>/", assessments.assessment, name="assessment"),
    path("assessments/<int:pk>/evidence.pdf", assessments.evidence_document, name="evidence_document"),
    path("assessments/<int:pk>/evidence.json", assessments.evidence_data, name="evidence_data"),
    path("mails/", mails.mails, name="notices"),
]
