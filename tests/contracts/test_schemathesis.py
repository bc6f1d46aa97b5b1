"""The whole application against what its own document says, with many odd requests (schemathesis).

Every operation gets requests that follow the document and requests that break it, from a caller who may do everything.
No answer may be a failure of ours (5xx), and every answer must be as documented: status, media type, schema.
"""

import os
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from sqlalchemy.orm import Session

from passport.signing.service import load_example_keys
from tests.callers import Clock, sign_in
from tests.factories import OrganisationFactory

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
HEALTH = list(HealthCheck)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


def test_every_answer_is_as_documented_and_none_is_a_failure_of_ours(
    app: Flask, session: Session, clock: Clock
) -> None:
    load_example_keys(session, now=clock.now)
    known = sign_in(app, session, OrganisationFactory.create(session, kind="academy").id)
    headers = {"Authorization": known.environ_base["HTTP_AUTHORIZATION"]}
    document = schemathesis.openapi.from_wsgi("/openapi.json", app)
    failures = []
    for found in document.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            failures += failures_of(operation, mode, headers)
    assert not failures, "\n\n".join(failures)


def failures_of(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> list[str]:
    """Send an operation requests that follow the document, or that break it; return what went wrong."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=HEALTH)
    def send(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    try:
        send()
    except Unsatisfiable:  # nothing can be wrong with a request that has no parts
        return []
    except (FailureGroup, Exception) as error:
        return [f"{operation.label}: {each}" for each in getattr(error, "exceptions", [error])]
    return []
