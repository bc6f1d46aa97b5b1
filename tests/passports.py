"""A service that can issue: example keys in use, the example root installed, one nurse with one award."""

import os
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from credentials.status_list import StatusLists
from credentials.trust import TrustList, read_trust_list
from credentials.trust_root import read_root
from credentials.verify import Verified, verify
from passport.publishing import service as publishing
from passport.settings import Settings
from passport.signing import keyring
from passport.signing import service as signing
from passport.signing.example_keys import FOLDER
from passport.staff import numbers
from passport.standards.models import Accreditation
from tests.factories import (
    AwardFactory,
    EmploymentFactory,
    FrameworkFactory,
    FrameworkVersionFactory,
    OrganisationFactory,
    PersonFactory,
    StandardFactory,
)

ISSUER = "https://passport.example"


@dataclass(frozen=True)
class Nurse:
    """A member of staff with one award, and those around."""

    person_id: UUID
    number: str
    organisation_id: UUID
    award_id: UUID
    standard_code: str


def make_service(session: Session, now: datetime) -> None:
    """Put the example keys to use and publish everything."""
    signing.load_example_keys(session, now=now)
    publishing.install_root(session, (FOLDER / "trust-root.json").read_bytes(), actor="operator", now=now)
    for name in publishing.NAMES:
        publishing.refresh(session, name, now=now)


def make_nurse(session: Session, **award: Any) -> Nurse:
    """Make an invented nurse who works at a trust that is accredited for the one thing it awarded."""
    trust = OrganisationFactory.create(session)
    person = PersonFactory.create(session, passport_number=numbers.make(os.urandom))
    EmploymentFactory.create(session, person_id=person.id, organisation_id=trust.id)
    framework = FrameworkFactory.create(session)
    version = FrameworkVersionFactory.create(session, framework_id=framework.id)
    standard = StandardFactory.create(session, framework_id=framework.id)
    session.add(
        Accreditation(
            organisation_id=trust.id,
            standard_id=standard.id,
            state="approved",
            from_on=date(2024, 4, 1),
            recorded_at=person.recorded_at,
        )
    )
    granted = AwardFactory.create(
        session,
        person_id=person.id,
        organisation_id=trust.id,
        standard_id=standard.id,
        framework_version_id=version.id,
        **award,
    )
    return Nurse(person.id, person.passport_number, trust.id, granted.id, standard.code)


def make_published_nurse(session: Session, settings: Settings, now: datetime) -> Nurse:
    """Make a nurse at a service that signs with the keys of these settings, with everything published."""
    keyring.configure(settings)
    nurse = make_nurse(session)
    make_service(session, now)
    session.commit()
    return nurse


def published_trust(session: Session, now: datetime) -> TrustList:
    """Read the trust list as an offline verifier does: from the root alone."""
    root = read_root(publishing.document(session, "trust-root").body, now=now)
    return read_trust_list(publishing.document(session, "trust-list").body.decode(), root, now)


def checked(session: Session, credential: str, uri: str, now: datetime) -> Verified:
    """Verify a credential with what is published now."""
    trust, lists = published_trust(session, now), StatusLists()
    token = publishing.status_list(session, int(uri.rpartition("/")[2])).body.decode()
    lists.add(token, uri=uri, trust=trust, now=now)
    return verify(credential, trust=trust, statuses=lists, now=now)
