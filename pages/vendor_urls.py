"""The pages of claims and vendors."""

from django.urls import path

from pages import vendor_claims, vendor_profiles, vendor_reported

urlpatterns = [
    path("claims/", vendor_claims.claims, name="claims"),
    path("claims/<int:pk>/", vendor_claims.claim, name="claim"),
    path("claims/<int:pk>/letters/<int:version>.pdf", vendor_claims.letter_document, name="claim_letter"),
    path("vendors/<slug:code>/", vendor_profiles.vendor, name="vendor"),
    path("reported/", vendor_reported.reported, name="reported"),
]
