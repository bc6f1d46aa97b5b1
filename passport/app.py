"""Makes the application: the only module that knows every room.

It gives the edge what it can't know by itself (how a caller is recognised, which key signs access tokens), registers
the rooms' endpoints, and refuses to be made with a route that states no rule.
"""

import atexit
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import Final

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.keys import PublicKey, Signer
from passport import startup
from passport.access import api as access_api
from passport.access import (
    bearer,
    client_pages,
    demonstration_pages,
    identity_provider,
    oauth,
    role_pages,
    sessions,
)
from passport.access import jobs as access_jobs
from passport.access import pages as access_pages
from passport.access.scopes import SCOPES
from passport.awards import api as awards_api
from passport.awards import credential_pages, dispute_pages, recognised_pages, withdrawal_api, withdrawal_pages
from passport.awards import pages as award_pages
from passport.batches import api as batches_api
from passport.batches import jobs as batches_jobs
from passport.batches import pages as batches_pages
from passport.db import reading
from passport.errors import PassportError
from passport.esr import api as esr_api
from passport.esr import jobs as esr_jobs
from passport.esr import pages as esr_pages
from passport.esr import settling_pages
from passport.exchange import api as exchange_api
from passport.exchange import badge_pages
from passport.exchange import pages as exchange_pages
from passport.holder import jobs as holder_jobs
from passport.holder import opening_pages, print_pages, share_pages
from passport.holder import pages as holder_pages
from passport.induction import api as induction_api
from passport.induction import cohort_pages
from passport.induction import pages as induction_pages
from passport.inspection import api as inspection_api
from passport.inspection import jobs as inspection_jobs
from passport.inspection import pages as inspection_pages
from passport.issuing import api as issuing_api
from passport.issuing import jobs as issuing_jobs
from passport.issuing import pages as people_pages
from passport.notices import api as notices_api
from passport.notices import jobs as notices_jobs
from passport.notices import reminder_pages, webhook_pages
from passport.organisations import api as organisations_api
from passport.organisations import pages as organisation_pages
from passport.publishing import api as publishing_api
from passport.publishing import jobs as publishing_jobs
from passport.recognition import employer_pages
from passport.recognition import jobs as recognition_jobs
from passport.recognition import pages as recognition_pages
from passport.records import correction_pages, erasure_pages, retention
from passport.records import jobs as records_jobs
from passport.reporting import api as reporting_api
from passport.reporting import establishment_api, rule_pages, training_pages, version_pages
from passport.reporting import jobs as reporting_jobs
from passport.reporting import pages as reporting_pages
from passport.settings import Settings
from passport.signing import keyring
from passport.signing import pages as signing_pages
from passport.signing import service as signing
from passport.signing.models import SigningKey
from passport.signing.states import PURPOSES
from passport.staff import api as staff_api
from passport.staff import inviting_pages
from passport.staff import jobs as staff_jobs
from passport.staff import pages as staff_pages
from passport.standards import alignment_pages, catalogue_pages, framework_api, provider_api, provider_pages
from passport.standards import api as standards_api
from passport.verifying import api as verifying_api
from passport.verifying import pages as verifying_pages
from passport.web import edge, error_pages, logs, metrics, pages, problems, public_pages, service_pages, work_pages
from passport.web import jobs as web_jobs
from passport.web.api import Api, Blueprint, document_security
from passport.web.body import USUAL_LIMIT, AnswerJson, StrictRequest
from passport.web.clock import utc_now
from passport.web.pages import PageBlueprint
from passport.web.paths import PathNumber, describe_path_number
from passport.web.secret_key import secret_key

TITLE: Final = "Staff passport and credential registry"
VERSION: Final = "1"
OPENAPI: Final = "3.1.0"
ACCESS_TOKEN_STATES: Final = ("active", "retiring")

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    service_pages.blueprint,
    oauth.blueprint,
    access_api.blueprint,
    organisations_api.blueprint,
    staff_api.blueprint,
    standards_api.blueprint,
    framework_api.blueprint,
    provider_api.blueprint,
    awards_api.blueprint,
    withdrawal_api.blueprint,
    esr_api.blueprint,
    issuing_api.blueprint,
    publishing_api.blueprint,
    exchange_api.blueprint,
    verifying_api.blueprint,
    induction_api.blueprint,
    reporting_api.blueprint,
    establishment_api.blueprint,
    batches_api.blueprint,
    notices_api.blueprint,
    inspection_api.blueprint,
)
PAGES: Final[tuple[PageBlueprint, ...]] = (
    public_pages.blueprint,
    access_pages.blueprint,
    verifying_pages.everybody,
    verifying_pages.managers,
    induction_pages.blueprint,
    cohort_pages.blueprint,
    staff_pages.blueprint,
    inviting_pages.blueprint,
    people_pages.blueprint,
    award_pages.blueprint,
    dispute_pages.blueprint,
    credential_pages.blueprint,
    recognised_pages.blueprint,
    recognition_pages.blueprint,
    employer_pages.blueprint,
    withdrawal_pages.blueprint,
    batches_pages.blueprint,
    esr_pages.blueprint,
    settling_pages.blueprint,
    catalogue_pages.blueprint,
    provider_pages.blueprint,
    alignment_pages.blueprint,
    organisation_pages.blueprint,
    erasure_pages.blueprint,
    correction_pages.proposals,
    client_pages.blueprint,
    role_pages.blueprint,
    signing_pages.blueprint,
    work_pages.blueprint,
    holder_pages.blueprint,
    share_pages.blueprint,
    opening_pages.blueprint,
    print_pages.blueprint,
    exchange_pages.blueprint,
    badge_pages.blueprint,
    reporting_pages.blueprint,
    training_pages.blueprint,
    rule_pages.blueprint,
    version_pages.blueprint,
    inspection_pages.blueprint,
    reminder_pages.blueprint,
    reminder_pages.own_blueprint,
    webhook_pages.blueprint,
)
JOBS: Final = (
    web_jobs,
    access_jobs,
    batches_jobs,
    esr_jobs,
    holder_jobs,
    inspection_jobs,
    issuing_jobs,
    notices_jobs,
    publishing_jobs,
    reporting_jobs,
    recognition_jobs,
    records_jobs,
    staff_jobs,
)  # imported, so the worker knows them


def create_app(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Flask:
    """Make the application. The database must be connected (`passport.startup.database`) before it serves.

    Args:
        settings: how this service was told to run.
        clock: what says the time, UTC.

    Raises:
        RuntimeError: a route states no rule.
        SettingsError: a length of `PASSPORT_RETENTION` can't be set.
    """
    app = Flask("passport", static_folder=None)
    app.request_class = StrictRequest
    app.json = AnswerJson(app)
    app.url_map.converters["int"] = PathNumber
    app.config.update(
        SETTINGS=settings,
        CLOCK=clock,
        SECRET_KEY=secret_key(settings),
        MAX_CONTENT_LENGTH=USUAL_LIMIT,
        **_cookie(settings),
        TRUSTED_HOSTS=edge.trusted_hosts(settings),
        API_TITLE=TITLE,
        API_VERSION=VERSION,
        OPENAPI_VERSION=OPENAPI,
    )
    app.extensions[edge.RECOGNISE] = bearer.recognise_caller
    sessions.register(app)
    identity_provider.register(app, settings)
    app.extensions[bearer.EXTENSION] = bearer.AccessTokens(settings.issuer, _access_token_signer, _access_token_key)
    app.extensions[service_pages.FAULTS] = lambda: _faults(clock())
    keyring.configure(settings)
    retention.configure(settings)
    problems.register(app)
    error_pages.register(app)
    logs.register(app)
    edge.register(app)
    metrics.register(app)
    pages.register(app, (*PAGES, demonstration_pages.blueprint) if settings.demo else PAGES)
    _register_rooms(app)
    return app


def from_environment() -> Flask:
    """Make the application of a process that serves: settings from the environment, the database connected."""
    settings = Settings.from_env()
    logs.configure(settings.log_level)
    open_until_exit = ExitStack()
    atexit.register(open_until_exit.close)
    open_until_exit.enter_context(startup.database(settings, "web"))
    return create_app(settings)


def _cookie(settings: Settings) -> dict[str, object]:
    """Return how the cookie is made that protects forms before sign-in. Without https there is no secure cookie."""
    secure = settings.public_url.startswith("https:")
    return {
        "SESSION_COOKIE_NAME": "__Host-form" if secure else "form",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
    }


def _register_rooms(app: Flask) -> None:
    api = Api(app)
    api.register_converter(PathNumber, describe_path_number)
    document_security(api, app, dict(SCOPES))
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    app.extensions[service_pages.DOCUMENT] = api.spec.to_dict
    edge.state_rules_of_static_files(app)
    if without := edge.routes_without_rule(app):
        raise RuntimeError(f"These routes state no rule: {', '.join(without)}")


def _access_token_signer(session: Session, now: datetime) -> Signer:
    return signing.signer(session, "access_token", now=now)


def _access_token_key(session: Session, kid: str) -> PublicKey | None:
    """Return the public key of this name, if access tokens signed by it may still be alive."""
    signs = (SigningKey.purpose == "access_token", SigningKey.state.in_(ACCESS_TOKEN_STATES))
    jwk = session.scalar(select(SigningKey.public_jwk).where(SigningKey.kid == kid, *signs))
    return PublicKey.from_jwk(jwk) if jwk else None


def _faults(now: datetime) -> list[str]:
    """Say what keeps the service from its work: a database that does not answer, a purpose without a key."""
    found = []
    try:
        with reading() as session:
            for purpose in PURPOSES:
                try:
                    signing.signer(session, purpose, now=now)
                except PassportError:
                    found.append(f"No key for {purpose} can be used.")
    except PassportError as error:
        found.append(error.detail)
    return found
