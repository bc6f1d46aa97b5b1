"""What is published: made again only when its source changed, numbered upwards, signed by whom the root names."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from credentials.code_list import read_code_list
from credentials.errors import ClaimTypeError, TrustListStaleError
from credentials.keys import MemorySigner
from credentials.trust_root import draft_root, read_root, sign_root
from passport.organisations.models import Organisation
from passport.publishing import refreshing, service
from passport.publishing.models import PublishedDocument
from passport.settings import Settings
from passport.signing import keyring
from passport.signing import service as signing
from passport.signing.back_ends import open_signer
from passport.signing.example_keys import FOLDER, PASSPHRASE, copy
from passport.signing.key_files import new_private_key
from passport.standards.models import CatalogueVersion, Standard
from tests.factories import OrganisationFactory
from tests.passports import ISSUER, make_nurse, make_service, published_trust

OPERATOR = "operator"


@pytest.fixture(autouse=True)
def ready(session: Session, settings: Settings, now: datetime) -> None:
    keyring.configure(settings)
    make_service(session, now)


def sequence(session: Session, name: str) -> int:
    return session.get_one(PublishedDocument, name).sequence


def test_an_offline_verifier_reads_the_trust_list_from_the_root_alone(session: Session, now: datetime) -> None:
    nurse = make_nurse(session)
    service.refresh(session, "trust-list", now=now)
    trust = published_trust(session, now)
    ods = session.get_one(Organisation, nurse.organisation_id).ods_code
    assert trust.accredited(ods, nurse.standard_code, now.date())
    assert not trust.accredited(ods, nurse.standard_code, datetime(2024, 3, 31, tzinfo=now.tzinfo).date())
    assert trust.content.iss == ISSUER
    assert len(trust.content.certificate_roots) == 1


def test_the_number_grows_only_when_the_content_changes(session: Session, now: datetime) -> None:
    first = service.document(session, "trust-list")
    assert not service.refresh(session, "trust-list", now=now + timedelta(hours=1))
    assert service.document(session, "trust-list") == first
    OrganisationFactory.create(session)
    assert service.refresh(session, "trust-list", now=now + timedelta(hours=1))
    assert sequence(session, "trust-list") == 2
    assert published_trust(session, now + timedelta(hours=1)).content.seq == 2


def test_lists_are_signed_again_long_before_they_run_out(session: Session, now: datetime) -> None:
    assert not service.refresh(session, "trust-list", now=now + timedelta(hours=23))
    later = now + timedelta(hours=25)
    assert service.refresh(session, "trust-list", now=later)
    assert service.refresh(session, "code-list", now=later)
    assert published_trust(session, now + timedelta(days=7)).content.seq == 2
    with pytest.raises(TrustListStaleError):
        published_trust(session, now + timedelta(days=9))


def test_a_compromised_key_is_in_the_next_list(session: Session, now: datetime) -> None:
    kid = signing.active_key(session, "passport").kid
    signing.compromise(session, kid, actor=OPERATOR, now=now)
    service.refresh(session, "trust-list", now=now)
    service.refresh(session, "jwks", now=now)
    entry = published_trust(session, now).key_entry(kid)
    assert entry is not None
    assert entry.state == "compromised"
    assert service.document(session, "jwks").body == b'{"keys":[]}'


def test_a_planned_key_is_nobodys_business(session: Session, settings: Settings, now: datetime) -> None:
    (settings.home / "x.pem").write_bytes((settings.home / "keys" / "example-qr.pem").read_bytes())
    key = signing.active_key(session, "qr")
    key.state, key.published_at = "planned", None
    session.flush()
    service.refresh(session, "trust-list", now=now)
    assert published_trust(session, now).key_entry(key.kid) is None


def test_the_code_list_is_read_under_the_same_root(session: Session, now: datetime) -> None:
    nurse = make_nurse(session)
    session.add(CatalogueVersion(number=1, content_hash=bytes(32), recorded_at=now))
    session.flush()
    service.refresh(session, "code-list", now=now)
    root = read_root(service.document(session, "trust-root").body, now=now)
    code_list = read_code_list(service.document(session, "code-list").body.decode(), root, now)
    assert nurse.standard_code in code_list.catalogue.by_code
    assert code_list.version == 1


def test_a_number_that_gets_a_second_meaning_is_never_published(session: Session, now: datetime) -> None:
    nurse = make_nurse(session)
    session.add(CatalogueVersion(number=1, content_hash=bytes(32), recorded_at=now))
    session.flush()
    service.refresh(session, "code-list", now=now)
    before = service.document(session, "code-list")
    session.query(Standard).filter_by(code=nurse.standard_code).one().subject = "Another subject"
    session.add(CatalogueVersion(number=2, content_hash=bytes(31) + b"2", recorded_at=now))
    session.flush()
    with pytest.raises(ClaimTypeError):
        service.refresh(session, "code-list", now=now)
    assert service.document(session, "code-list") == before


def test_one_document_that_fails_holds_back_no_other(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_session: Session, _now: datetime) -> service._Draft:
        raise ClaimTypeError("broken")

    monkeypatch.setitem(service.DRAFTS, "jwks", broken)
    OrganisationFactory.create(session)
    session.commit()
    with pytest.raises(ClaimTypeError):
        refreshing.refresh_all(now=now)
    session.expire_all()
    assert sequence(session, "trust-list") == 2


def test_nothing_is_signed_by_a_key_that_the_root_does_not_name(
    session: Session, settings: Settings, now: datetime
) -> None:
    root_key = open_signer(copy("root", settings.home), home=settings.home, passphrase=PASSPHRASE)
    stranger = MemorySigner(new_private_key()).public
    document = sign_root(
        draft_root(
            version=2,
            expires_at=now + timedelta(days=365),
            threshold=1,
            root_keys=[root_key.public],
            trust_list_keys=[stranger],
        ),
        root_key,
    )
    service.install_root(session, document, actor=OPERATOR, now=now)
    OrganisationFactory.create(session)
    with pytest.raises(service.SignerNotInRoot):
        service.refresh(session, "trust-list", now=now)


def test_a_root_that_the_one_before_did_not_sign_is_refused(session: Session, now: datetime) -> None:
    thief = MemorySigner(new_private_key())
    draft = draft_root(
        version=2,
        expires_at=now + timedelta(days=365),
        threshold=1,
        root_keys=[thief.public],
        trust_list_keys=[MemorySigner(new_private_key()).public],
    )
    with pytest.raises(service.RootRefused):
        service.install_root(session, sign_root(draft, thief), actor=OPERATOR, now=now)
    assert service.document(session, "trust-root").body == (FOLDER / "trust-root.json").read_bytes()


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"not json"])
def test_a_root_that_is_none_is_refused(session: Session, now: datetime, text: bytes) -> None:
    with pytest.raises(service.RootRefused):
        service.install_root(session, text, actor=OPERATOR, now=now)


def test_installing_the_same_root_again_changes_nothing(session: Session, now: datetime) -> None:
    document = service.document(session, "trust-root")
    service.install_root(session, document.body, actor=OPERATOR, now=now)
    assert service.document(session, "trust-root") == document


def test_a_document_that_is_known_is_not_fetched_again(session: Session) -> None:
    known = service.document(session, "jwks")
    assert service.document(session, "jwks", known=known) is known
    stale = replace(known, etag="0" * 32)
    assert service.document(session, "jwks", known=stale) == known


def test_what_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(service.NotPublished):
        service.document(session, "none")
    with pytest.raises(service.NotPublished):
        service.status_list(session, 99)
