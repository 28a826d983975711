"""The pages of sources, incidents, exclusions and reconciliation."""

from django.urls import path

from pages import exclusions, incidents, knowledge, payloads, reconciling, sources

urlpatterns = [
    path("sources/", sources.sources, name="sources"),
    path("sources/<slug:code>/", sources.source, name="source"),
    path("files/<int:pk>/", payloads.payload, name="payload"),
    path("files/row/<str:reference>/", payloads.row_of, name="payload_row"),
    path("incidents/", incidents.incidents, name="incidents"),
    path("incidents/<slug:code>/<path:external_id>/", incidents.incident, name="incident"),
    path("exclusions/", exclusions.exclusions, name="exclusions"),
    path("exclusions/<int:pk>/", exclusions.exclusion, name="exclusion"),
    path("exclusions/<int:pk>/evidence/<int:number>/", exclusions.evidence_file, name="exclusion_evidence"),
    path("reconciliation/", reconciling.reconciliation, name="reconciliation"),
    path("reconciliation/<int:pk>/", reconciling.reconciled, name="reconciled"),
    path("assessments/<int:pk>/as-known/", knowledge.as_known, name="as_known"),
]
