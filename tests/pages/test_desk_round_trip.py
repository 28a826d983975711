"""Out and in again by the pages alone: of every published agreement the same bytes, of a hostile document nothing."""

from datetime import date
from hashlib import sha256
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contracts import services
from contracts.gallery.published import published
from contracts.gallery.reading import text_of
from contracts.gallery.texts import Given, sample
from contracts.models import Contract, ContractVersion, TermsTemplate
from reckoning.canonical import canonical_json
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)
ALL = {one.slug: one for one in published()}
FEW = ("cherryroad-colo", "verizon-pip")


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(factories.user("legal", name="lena"))
    return found


def download(client: Client, name: str, *args: Any) -> bytes:
    answer: Any = client.get(reverse(f"pages:{name}", args=args))
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    return bytes(answer.content)


def kept(client: Client, contract: Contract, name: str, content: bytes) -> ContractVersion:
    """A file looked at, and kept by the form that the page shows then, as a browser sends it."""
    address = reverse("pages:contract_documents", args=[contract.pk])
    sent = {"into": "new", "effective_from_on": "2027-01-01", "op": "look"}
    page = client.post(address, sent | {"file": SimpleUploadedFile(name, content)}).content.decode()
    form = page.partition('id="becomes"')[2].partition("</form>")[0]
    text = form.partition("<textarea")[2].partition(">\n")[2].partition("</textarea>")[0]
    looked = form.partition('name="looked" value="')[2].partition('"')[0]
    before = contract.versions.count()
    sent |= {"op": "keep", "looked": looked, "text": unescape(text).replace("\n", "\r\n")}
    answer: Any = client.post(address, sent)
    version = contract.versions.latest("number")
    assert (answer.status_code, version.number) == (302, before + 1), answer.content.decode()
    return version


def there_and_back(client: Client, slug: str) -> None:
    """The terms that the agreement makes, as JSON and YAML; then the agreement itself, as both."""
    with factories.legal():
        services.load_templates([ALL[slug]], loaded_on=DAY)
        template = TermsTemplate.objects.get(slug=slug)
        text = ALL[slug].text
        terms, values, _ = sample(text)
        assert terms is not None
        contract = factories.contract(f"C-{slug}", currency=terms.currency)
        given = Given(values if text.parameters else {})
        first = services.start_from_template(template, contract, given, DAY)
    canonical = download(client, "version_json", first.pk)
    assert sha256(canonical).hexdigest() == first.terms_sha256
    yaml = download(client, "version_yaml", first.pk)
    for name, content in (("terms.json", canonical), ("terms.yaml", yaml)):
        again = kept(client, contract, name, content)
        assert download(client, "version_json", again.pk) == canonical, slug
        assert (
            download(client, "version_yaml", again.pk).partition(b"\n")[2].partition(b"\n")[2]
            == (yaml.partition(b"\n")[2].partition(b"\n")[2])
        )
    for name in ("template_file", "template_yaml"):
        content = download(client, name, slug, 1)
        other = f"{slug}-{name.replace('_', '-')}"[-60:].strip("-")
        sent = {"slug": other, "industry": "other", "review_every_months": "12", "reason": "there and back"}
        answer: Any = client.post(
            reverse("pages:template_new"), sent | {"file": SimpleUploadedFile("t", content)}
        )
        assert answer.status_code == 302, answer.content.decode()
        made = TermsTemplate.objects.get(slug=other)
        assert said(made) == said(template), slug
        # What was taken out, published as the next version of where it comes from, is the version that is there.
        publish = {"act": "publish", "reason": "again", "file": SimpleUploadedFile("t", content)}
        assert client.post(reverse("pages:template", args=[slug]), publish).status_code == 302
        assert template.versions.count() == 1


def said(template: TermsTemplate) -> bytes:
    """The canonical bytes of what a template says, but for its name."""
    document = text_of(template.versions.get(), template).document
    return canonical_json({name: value for name, value in document.items() if name != "id"})


@pytest.mark.parametrize("slug", FEW)
def test_an_agreement_comes_back_as_it_went_out(client: Client, slug: str) -> None:
    there_and_back(client, slug)


@pytest.mark.slow
@pytest.mark.parametrize("slug", sorted(set(ALL) - set(FEW)))
def test_every_other_agreement_comes_back_as_it_went_out(client: Client, slug: str) -> None:
    there_and_back(client, slug)


REFUSED = {
    "an anchor": ("a: &x 1\n", "anchors and aliases are not read"),
    "an alias that grows": (
        "a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "anchors and aliases are not read",
    ),
    "a tag of our own": ("a: !thing 1\n", "tag"),
    "a tag that runs": ("!!python/object/apply:os.system ['true']\n", "tag"),
    "a tag of a number": ("a: !!float '1.5'\n", "tag"),
    "a merge": ("a: {b: 1}\nc: {<<: {b: 2}}\n", "merge"),
    "two documents": ("a: 1\n---\nb: 2\n", "document"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_yaml_could_do_besides_saying_something_is_refused_at_every_entrance(
    client: Client, what: str
) -> None:
    text, sentence = REFUSED[what]
    contract = factories.contract()
    sent: Any = {"into": "new", "effective_from_on": "2027-01-01", "text": text}
    answer: Any = client.post(reverse("pages:contract_documents", args=[contract.pk]), sent)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    sent |= {"text": factories.terms() and "a: 1", "parameters": text}
    page = client.post(reverse("pages:contract_documents", args=[contract.pk]), sent).content.decode()
    assert sentence in page
    sent = {"slug": "x", "industry": "other", "review_every_months": "12", "reason": "x", "document": text}
    page = client.post(reverse("pages:template_new"), sent).content.decode()
    assert sentence in page
    assert not ContractVersion.objects.exists()
    assert not TermsTemplate.objects.exists()
