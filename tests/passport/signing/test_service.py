"""The life of a signing key: moves, first use, one purpose, compromise (KEY-003 to -006, -010, -011, -013, -016)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from credentials.keys import MemorySigner
from credentials.trust import TrustedKey
from passport.audit import service as audit
from passport.audit.models import AuditEntry
from passport.settings import Settings
from passport.signing import back_ends, keyring, service
from passport.signing.back_ends import KeyUnusable
from passport.signing.certificates import CertificateUnsuitable
from passport.signing.example_keys import PASSPHRASE, thumbprints
from passport.signing.key_files import encrypted_pem, new_private_key, write_private
from passport.signing.models import SigningKey
from passport.signing.states import LEAD_TIME, MOVES, PURPOSES, STATES, Purpose

OPERATOR = "operator"


def planned(session: Session, settings: Settings, now: datetime, purpose: Purpose = "qr", name: str = "mine") -> str:
    write_private(settings.home / f"{name}.pem", encrypted_pem(new_private_key(), PASSPHRASE, rounds=1000))
    return service.plan(session, purpose=purpose, uri=f"file:{name}.pem", actor=OPERATOR, now=now).kid


def in_use(session: Session, settings: Settings, now: datetime, purpose: Purpose = "qr", name: str = "mine") -> str:
    kid = planned(session, settings, now, purpose, name)
    service.publish(session, kid, first_use_at=now, actor=OPERATOR, now=now)
    service.activate(session, kid, actor=OPERATOR, now=now)
    return kid


def test_the_example_keys_serve_every_purpose(session: Session, now: datetime) -> None:
    service.load_example_keys(session, now=now)
    for purpose in PURPOSES:
        signer = service.signer(session, purpose, now=now)
        assert signer.public.kid == thumbprints()[purpose]
        signer.public.verify(signer.sign(b"m"), b"m")


def test_loading_the_example_keys_twice_changes_nothing(session: Session, now: datetime) -> None:
    service.load_example_keys(session, now=now)
    assert service.load_example_keys(session, now=now) == []


def test_copied_example_keys_are_for_their_owner_alone(session: Session, settings: Settings, now: datetime) -> None:
    service.load_example_keys(session, now=now)
    modes = {path.stat().st_mode & 0o777 for path in (settings.home / "keys").iterdir()}
    assert modes == {0o600}


def test_a_service_in_earnest_refuses_the_example_keys(session: Session, settings: Settings, now: datetime) -> None:
    service.load_example_keys(session, now=now)
    keyring.configure(replace(settings, example_keys=False, key_passphrase=PASSPHRASE))
    for purpose in PURPOSES:
        with pytest.raises(KeyUnusable, match="example key"):
            service.signer(session, purpose, now=now)


def test_an_example_certificate_is_refused_for_another_key_too(
    settings: Settings, session: Session, now: datetime
) -> None:
    kid = planned(session, settings, now, "passport")
    key = service.by_kid(session, kid)
    example = (Path(__file__).resolve().parents[3] / "keys" / "example" / "passport-chain.pem").read_text()
    key.certificate_pem = example
    keyring.configure(replace(settings, example_keys=False, key_passphrase=PASSPHRASE))
    with pytest.raises(KeyUnusable, match="example key"):
        keyring.current().open(key, now=now)


def test_nothing_signs_without_an_active_key(session: Session, now: datetime) -> None:
    with pytest.raises(service.NoActiveKey):
        service.signer(session, "passport", now=now)


def test_the_first_key_of_a_purpose_may_be_used_at_once(session: Session, settings: Settings, now: datetime) -> None:
    kid = in_use(session, settings, now)
    assert service.active_key(session, "qr").kid == kid


def test_a_later_key_is_published_for_an_hour_before_its_first_use(
    session: Session, settings: Settings, now: datetime
) -> None:
    in_use(session, settings, now)
    kid = planned(session, settings, now, name="next")
    with pytest.raises(service.KeyMoveRefused, match="hour"):
        service.publish(session, kid, first_use_at=now + LEAD_TIME / 2, actor=OPERATOR, now=now)
    service.publish(session, kid, actor=OPERATOR, now=now)
    with pytest.raises(service.KeyMoveRefused, match="hour"):
        service.activate(session, kid, actor=OPERATOR, now=now + LEAD_TIME - timedelta(seconds=1))
    service.activate(session, kid, actor=OPERATOR, now=now + LEAD_TIME)
    assert service.active_key(session, "qr").kid == kid


def test_a_verifier_with_a_list_from_before_knows_the_new_key(
    session: Session, settings: Settings, now: datetime
) -> None:
    in_use(session, settings, now)
    kid = planned(session, settings, now, name="next")
    cached: TrustedKey = service.trusted_key(service.publish(session, kid, actor=OPERATOR, now=now))
    service.activate(session, kid, actor=OPERATOR, now=now + LEAD_TIME)
    assert cached.could_sign(now + LEAD_TIME, status_list=False)
    assert not cached.could_sign(now, status_list=False)


def test_activating_a_key_makes_the_one_before_retiring(session: Session, settings: Settings, now: datetime) -> None:
    old = in_use(session, settings, now)
    new = planned(session, settings, now, name="next")
    service.publish(session, new, actor=OPERATOR, now=now)
    later = now + LEAD_TIME
    service.activate(session, new, actor=OPERATOR, now=later)
    assert service.by_kid(session, old).state == "retiring"
    assert service.status_signer(session, old, now=later) is not None


def test_a_key_retires_only_when_nothing_it_signed_can_be_alive(
    session: Session, settings: Settings, now: datetime
) -> None:
    old = in_use(session, settings, now)
    new = planned(session, settings, now, name="next")
    service.publish(session, new, actor=OPERATOR, now=now)
    later = now + LEAD_TIME
    service.activate(session, new, actor=OPERATOR, now=later)
    with pytest.raises(service.KeyMoveRefused, match="alive"):
        service.retire(session, old, actor=OPERATOR, now=later + timedelta(days=89))
    service.retire(session, old, actor=OPERATOR, now=later + timedelta(days=90))
    assert service.status_signer(session, old, now=later + timedelta(days=90)) is None
    assert old in {key.kid for key in service.published_keys(session)}


def test_a_key_serves_one_purpose_once(session: Session, settings: Settings, now: datetime) -> None:
    planned(session, settings, now)
    with pytest.raises(service.KeyAlreadyKnown):
        service.plan(session, purpose="trust_list", uri="file:mine.pem", actor=OPERATOR, now=now)


def test_a_compromised_key_signs_nothing_and_never_comes_back(
    session: Session, settings: Settings, now: datetime
) -> None:
    kid = in_use(session, settings, now)
    service.compromise(session, kid, actor=OPERATOR, now=now)
    with pytest.raises(service.NoActiveKey):
        service.signer(session, "qr", now=now)
    assert service.status_signer(session, kid, now=now) is None
    pem = (settings.home / "mine.pem").read_bytes()
    write_private(settings.home / "again.pem", pem)
    for purpose in PURPOSES:
        with pytest.raises(service.KeyBlocked):
            service.plan(session, purpose=purpose, uri="file:again.pem", actor=OPERATOR, now=now)


def test_a_compromise_asks_for_fresh_copies_in_the_same_transaction(
    session: Session, settings: Settings, now: datetime
) -> None:
    kid = in_use(session, settings, now)
    service.compromise(session, kid, actor=OPERATOR, now=now)
    asked = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert ("issuing.replace_compromised", {"kid": kid}) in [tuple(row) for row in asked]
    assert "publishing.refresh" in {row.task_name for row in asked}


@pytest.mark.parametrize("state", STATES)
def test_no_key_moves_but_as_the_table_says(session: Session, settings: Settings, now: datetime, state: str) -> None:
    kid = planned(session, settings, now)
    moves: dict[str, Callable[[], SigningKey]] = {
        "published": lambda: service.publish(session, kid, first_use_at=now, actor=OPERATOR, now=now),
        "active": lambda: service.activate(session, kid, actor=OPERATOR, now=now),
        "retired": lambda: service.retire(session, kid, actor=OPERATOR, now=now),
        "compromised": lambda: service.compromise(session, kid, actor=OPERATOR, now=now),
    }
    for target, move in moves.items():
        service.by_kid(session, kid).state = state
        if target in MOVES[state]:
            assert move().state == target
        else:
            with pytest.raises(service.KeyMoveRefused):
                move()


def test_a_passport_key_is_not_published_without_a_certificate(
    session: Session, settings: Settings, now: datetime
) -> None:
    kid = planned(session, settings, now, "passport")
    with pytest.raises(KeyUnusable, match="certificate"):
        service.publish(session, kid, first_use_at=now, actor=OPERATOR, now=now)


def test_the_certificate_of_a_key_that_signs_stays_as_it_is(session: Session, now: datetime) -> None:
    service.load_example_keys(session, now=now)
    key = service.active_key(session, "passport")
    with pytest.raises(service.KeyMoveRefused):
        service.certify(session, key.kid, certificate_pem=key.certificate_pem or "", actor=OPERATOR, now=now)


def test_a_file_that_holds_another_key_by_now_is_refused(session: Session, settings: Settings, now: datetime) -> None:
    kid = in_use(session, settings, now)
    (settings.home / "mine.pem").unlink()
    write_private(settings.home / "mine.pem", encrypted_pem(new_private_key(), PASSPHRASE, rounds=1000))
    keyring.configure(settings)
    with pytest.raises(KeyUnusable, match="not the one"):
        service.signer(session, "qr", now=now)
    assert service.active_key(session, "qr").kid == kid


def test_a_back_end_whose_signatures_do_not_verify_is_found_when_it_is_opened(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(MemorySigner):
        def sign(self, message: bytes) -> bytes:  # noqa: ARG002 (the protocol's signature)
            return bytes(64)

    monkeypatch.setitem(back_ends.BACK_ENDS, "broken", lambda _location: Broken(new_private_key()))
    with pytest.raises(KeyUnusable, match="does not verify"):
        service.plan(session, purpose="qr", uri="broken:", actor=OPERATOR, now=now)


def test_no_private_member_is_ever_stored(session: Session, now: datetime) -> None:
    for key in service.load_example_keys(session, now=now):
        assert set(key.public_jwk) == {"kty", "crv", "x", "y"}


def test_every_move_leaves_one_entry_in_the_audit_log(session: Session, settings: Settings, now: datetime) -> None:
    kid = in_use(session, settings, now)
    service.compromise(session, kid, actor=OPERATOR, now=now)
    entries = session.query(AuditEntry).filter_by(subject=f"key:{kid}").order_by(AuditEntry.sequence)
    assert [entry.action for entry in entries] == ["key.planned", "key.published", "key.active", "key.compromised"]
    assert audit.broken_entries(session) == []


def test_an_unknown_key_is_not_found(session: Session, now: datetime) -> None:
    with pytest.raises(service.UnknownKey):
        service.activate(session, "none", actor=OPERATOR, now=now)


def test_a_certificate_that_ends_before_the_credential_is_refused(session: Session, now: datetime) -> None:
    service.load_example_keys(session, now=now)
    key = service.active_key(session, "passport")
    service.check_outlives(key, now + timedelta(days=366))
    with pytest.raises(CertificateUnsuitable):
        service.check_outlives(key, now + timedelta(days=3660))


def test_the_states_have_an_order_in_which_a_key_lives() -> None:
    life = ["planned", "published", "active", "retiring", "retired"]
    assert all(after in MOVES[before] for before, after in pairwise(life))
    assert all("compromised" in MOVES[state] for state in life)


def test_a_key_row_knows_only_our_states() -> None:
    assert set(MOVES) == set(STATES)


def test_a_service_tests_every_key_in_use_when_it_starts(session: Session, settings: Settings, now: datetime) -> None:
    service.load_example_keys(session, now=now)
    service.check_keys(session, now=now)
    (settings.home / "keys" / "example-qr.pem").chmod(0o644)
    keyring.configure(settings)
    with pytest.raises(KeyUnusable, match="0600"):
        service.check_keys(session, now=now)
