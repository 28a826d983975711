"""The OpenAPI document, its page, and whatever schemathesis makes of it: no failure of the server, ever."""

import pytest
import yaml
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings

from config.wsgi import application
from tests.admin.forms import log_in
from tests.api.client import listing, token
from tests.credits import world

pytestmark = pytest.mark.django_db


def document() -> dict:
    answer = Client().get("/api/schema/")
    assert answer.status_code == 200
    return yaml.safe_load(answer.content)


def test_the_schema_is_openapi_3_1_and_names_every_list():
    schema = document()
    assert schema["openapi"] == "3.1.0"
    assert {f"/api/v1/{address}" for address in listing()} <= set(schema["paths"])
    assert schema["components"]["securitySchemes"]["token"] == {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "sla_PREFIX_SECRET",
    }


def test_every_operation_says_which_problems_it_answers_with():
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            for status in ("400", "401", "403", "404", "429"):
                content = operation["responses"][status]["content"]
                assert list(content) == ["application/problem+json"], (path, method, status)


def test_the_schema_is_made_without_a_warning(capsys):
    from drf_spectacular.drainage import GENERATOR_STATS

    GENERATOR_STATS.reset()
    document()
    assert not GENERATOR_STATS


def test_the_page_needs_nothing_from_elsewhere_and_no_inline_script():
    answer = Client().get("/api/docs/")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "http://" not in html
    assert "https://" not in html
    assert "<style" not in html
    assert html.count("<script src=") == html.count("<script")
    for piece in html.split('src="')[1:]:
        address = piece.partition('"')[0]
        assert Client().get(address).status_code == 200, address


def _examples(most: int) -> settings:
    return settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["auditor", "finance", "vendor_manager"])
def test_schemathesis_finds_no_failure_of_the_server(role, settings):
    import schemathesis
    from schemathesis.checks import not_a_server_error

    settings.API_LIMITS = {"api_token": 10**9, "api_address": 10**9}
    settings.ALLOWED_HOSTS = ["*"]
    world.customer().issue()
    world.vendor().send()
    _, text = token(world.factories.user(role))
    headers = {"Authorization": f"Bearer {text}"}
    schema = schemathesis.openapi.from_wsgi("/api/schema/", application)
    asked = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        asked.add(operation.label)

        @_examples(25 if operation.method.upper() == "GET" else 60)
        @given(case=operation.as_strategy())
        def run(case):
            case.call_and_validate(headers=headers, checks=[not_a_server_error])

        run()
    assert len(asked) >= 40


def test_the_schema_can_be_read_in_a_browser_that_is_logged_in():
    client = log_in(world.factories.user("legal"))
    assert client.get("/api/docs/").status_code == 200
