"""The offline QR: what goes in comes out, each kind has its life, and nothing is left out in silence."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.errors import ClaimTypeError, QrCodeListUnknownError
from credentials.qr import looks_like_qr, prepare_qr
from credentials.qr_layout import short_award_id
from credentials.records import Assurance, Award, Employer, PassportContent, Registration
from credentials.sd_jwt_vc import StatusReference
from credentials.status_list import StatusLists, bits_of, issue_status_list
from credentials.verified import verdict
from tests.credentials.qr_samples import (
    ISSUER,
    NOW,
    OLD_TRUST,
    ORGANISATIONS,
    QR_KEY,
    STATUS,
    TRUST,
    check,
    code_list,
    full_passport,
    issuer_of,
    prepare,
    qr_text,
    trust_list,
)

KID = QR_KEY.public.kid


def midnight(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)


def as_read(content: PassportContent, award: Award) -> Award:
    """Return an award as a QR gives it back: with the derived id, recorded on a day."""
    assurance = msgspec.structs.replace(award.assurance, recorded_at=midnight(award.assurance.recorded_at))
    return msgspec.structs.replace(award, id=short_award_id(content.number, award), assurance=assurance)


def by_id(award: Award) -> str:
    return award.id


@pytest.mark.parametrize("printed", [False, True])
def test_a_full_passport_comes_back_as_it_went_in(printed: bool) -> None:
    passport = full_passport()

    found = check(qr_text(printed=printed))

    awards = (*passport.training, *passport.credentials)
    assert sorted((each.award for each in found.awards), key=by_id) == sorted(
        (as_read(passport, award) for award in awards), key=by_id
    )
    assert (found.holder.number, found.holder.given_name, found.holder.family_name) == (
        passport.number,
        passport.given_name,
        passport.family_name,
    )
    assert found.holder.registrations == passport.registrations
    assert found.holder.employer == passport.employer
    assert passport.advanced_practice is not None
    assert found.advanced_practice is not None
    assert msgspec.structs.replace(found.advanced_practice, id=passport.advanced_practice.id) == (
        passport.advanced_practice
    )
    assert (found.carrier, found.issuer, found.kid, found.issued_at) == ("qr", ISSUER, KID, NOW)


def test_a_screen_qr_lives_ten_minutes_and_needs_no_status_list() -> None:
    found = check(qr_text())

    assert found.current.expires_at == NOW + timedelta(minutes=10)
    assert found.outcome == "genuine"
    assert found.not_withdrawn.result is True
    assert found.not_withdrawn.as_of == NOW
    assert found.status is None


def test_an_expired_screen_qr_is_still_genuine_but_not_current() -> None:
    found = check(qr_text(), now=NOW + timedelta(hours=1))

    assert found.outcome == "genuine"
    assert found.current.result is False
    assert found.reason == "expired"


def test_a_print_qr_lives_at_most_ninety_days() -> None:
    found = check(qr_text(printed=True))

    assert found.current.expires_at == NOW + timedelta(days=90)
    assert found.status == STATUS


def test_a_print_qr_ends_with_the_nearest_last_day_in_it() -> None:
    passport = full_passport()
    first, *others = passport.training
    soon = msgspec.structs.replace(first, valid_until=date(2026, 8, 20))
    lapsed = msgspec.structs.replace(others[0], valid_until=date(2026, 8, 5))
    content = msgspec.structs.replace(passport, training=(soon, lapsed, *others[1:]))

    found = check(prepare(content, status=STATUS).sign(QR_KEY))

    assert found.current.expires_at == datetime(2026, 8, 21, tzinfo=UTC)


def test_an_award_that_was_renewed_does_not_end_a_print_qr() -> None:
    passport = full_passport()
    renewed = passport.training[0]
    before = msgspec.structs.replace(
        renewed, id="older", awarded_on=date(2023, 8, 8), valid_until=date(2026, 8, 8), assurance=renewed.assurance
    )
    content = msgspec.structs.replace(passport, training=(*passport.training, before))

    assert prepare(content, status=STATUS).claims.terms.expires_at == NOW + timedelta(days=90)


def test_the_status_of_a_print_qr_is_looked_up() -> None:
    text, trust = qr_text(printed=True), trust_list()
    assert check(text).not_withdrawn.reason == "status_missing"

    for invalid, expected in (((), True), ((STATUS.idx,), False), ((STATUS.idx + 1,), True)):
        lists = StatusLists()
        token = issue_status_list(
            STATUS.uri,
            bits_of(invalid),
            issued_at=NOW - timedelta(minutes=5),
            expires_at=NOW + timedelta(days=1),
            ttl=timedelta(minutes=5),
            signer=QR_KEY,
        )
        lists.add(token, uri=STATUS.uri, trust=trust, now=NOW)
        assert check(text, statuses=lists).not_withdrawn.result is expected


def test_a_print_qr_with_a_list_that_is_too_old_could_not_be_checked() -> None:
    lists = StatusLists()
    token = issue_status_list(
        STATUS.uri,
        bits_of(()),
        issued_at=NOW,
        expires_at=NOW + timedelta(days=1),
        ttl=timedelta(minutes=5),
        signer=QR_KEY,
    )
    lists.add(token, uri=STATUS.uri, trust=trust_list(), now=NOW)

    found = check(qr_text(printed=True), statuses=lists, now=NOW + timedelta(days=2))

    assert (found.outcome, found.reason) == ("could_not_check", "status_stale")


def test_names_of_organisations_come_from_the_trust_list() -> None:
    passport = full_passport()
    lying = msgspec.structs.replace(passport, employer=Employer(ods=TRUST.ods, name="Another Name"))

    assert check(qr_text(lying)).holder.employer == Employer(ods=TRUST.ods, name=TRUST.name)


def test_an_organisation_that_nobody_lists_is_shown_by_its_code() -> None:
    passport = full_passport()
    unknown = msgspec.structs.replace(issuer_of(TRUST), ods="X9Z9Z")
    awards = tuple(msgspec.structs.replace(award, issuer=unknown) for award in passport.training)

    found = check(qr_text(msgspec.structs.replace(passport, training=awards)))

    assert found.unlisted_issuers == ("X9Z9Z",)
    assert found.awards[0].issuer.name == "X9Z9Z"


def test_the_same_id_and_time_make_the_same_text_again() -> None:
    qr = prepare(full_passport())
    signature = QR_KEY.sign(qr.message.to_be_signed)

    assert qr.signed(signature) == prepare(full_passport()).signed(signature)
    assert check(qr.signed(signature)).outcome == "genuine"


def test_two_codes_of_one_passport_have_different_ids() -> None:
    one, other = (prepare_qr(full_passport(), issuer=ISSUER, code_list=code_list(), kid=KID, now=NOW) for _ in range(2))

    assert one.claims.id != other.claims.id


def test_an_award_has_the_same_id_in_each_code_and_another_in_another_passport() -> None:
    passport = full_passport()
    awards = (*passport.training, *passport.credentials)
    expected = {short_award_id(passport.number, award) for award in awards}

    assert ids_in(qr_text(now=NOW - timedelta(days=1))) == ids_in(qr_text(printed=True)) == expected
    assert not expected & ids_in(qr_text(msgspec.structs.replace(passport, number="9X2M47BT0")))


def ids_in(text: str) -> set[str]:
    return {each.award.id for each in check(text).awards}


def test_a_code_may_lead_to_another_address_of_the_service() -> None:
    qr = prepare_qr(
        full_passport(), issuer=ISSUER, code_list=code_list(), kid=KID, now=NOW, address="http://127.0.0.1:8000"
    )
    text = qr.sign(QR_KEY)

    assert text.startswith("http://127.0.0.1:8000/v#")
    assert check(text, addresses=["http://127.0.0.1:8000"]).issuer == ISSUER


@pytest.mark.parametrize(
    "change",
    [
        {"valid_until": date(2020, 1, 1)},
        {
            "assurance": msgspec.structs.replace(
                full_passport().training[0].assurance, recorded_at=NOW + timedelta(days=2)
            )
        },
    ],
)
def test_days_that_can_not_be_are_not_signed(change: dict[str, object]) -> None:
    passport = full_passport()
    impossible = msgspec.structs.replace(passport.training[0], **change)

    with pytest.raises(ClaimTypeError):
        prepare(msgspec.structs.replace(passport, training=(impossible,)))


@pytest.mark.parametrize(
    "uri",
    ["https://other.example/status-lists/7", f"{ISSUER}/status-lists/07", f"{ISSUER}/status-lists/x", f"{ISSUER}/7"],
)
def test_a_status_that_a_qr_can_not_carry_is_not_signed(uri: str) -> None:
    with pytest.raises(ClaimTypeError):
        prepare(full_passport(), status=StatusReference(uri=uri, idx=1))


def test_an_older_code_list_than_the_qr_needs_could_not_check() -> None:
    with pytest.raises(QrCodeListUnknownError) as refusal:
        check(qr_text(), code_list=code_list(version=2))

    assert verdict(refusal.value, at=NOW)["outcome"] == "could_not_check"
    assert check(qr_text(), code_list=code_list(version=9)).outcome == "genuine"


def test_a_number_that_the_code_list_lacks_could_not_check() -> None:
    shorter = msgspec.structs.replace(code_list(), standards=code_list().standards[1:])

    with pytest.raises(QrCodeListUnknownError):
        check(qr_text(), code_list=shorter)


def test_a_word_that_the_code_list_lacks_could_not_check() -> None:
    words = msgspec.structs.replace(code_list().words, pedigree={"authoritative": 1})

    with pytest.raises(QrCodeListUnknownError):
        check(qr_text(), code_list=msgspec.structs.replace(code_list(), words=words))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://passport.example/v#123", True),
        ("http://127.0.0.1:8000/v#x", True),
        ("eyJhbGciOiJFUzI1NiJ9.e30.c2ln~", False),
        ("https://passport.example/offers/1", False),
        ("", False),
    ],
)
def test_a_qr_is_told_from_other_presentations_by_its_look(text: str, expected: bool) -> None:
    assert looks_like_qr(text) is expected


STANDARDS = code_list().standards
days = st.dates(date(1990, 1, 1), NOW.date())


@st.composite
def awards(draw: st.DrawFn) -> Award:
    standard = draw(st.sampled_from(STANDARDS))
    awarded_on = draw(days)
    recorded_on = draw(st.dates(awarded_on - timedelta(days=1), NOW.date()))
    return Award(
        id=draw(st.uuids(version=4)).hex,
        standard=standard.code,
        framework=standard.framework,
        framework_version=draw(st.sampled_from(["1.0", "1.1"])),
        subject=standard.subject,
        level=standard.level,
        variant=standard.variant,
        part=draw(st.none() | st.integers(1, 3)),
        awarded_on=awarded_on,
        valid_until=draw(st.none() | st.dates(awarded_on, date(2060, 1, 1))),
        issuer=issuer_of(draw(st.sampled_from(ORGANISATIONS))),
        assurance=Assurance(
            delivery=draw(st.sampled_from(["e_learning", "face_to_face", "blended", "unknown"])),
            assessed=draw(st.sampled_from([True, False, None])),
            verification_method=draw(st.sampled_from(["document", "record", "document_and_record", "not_verified"])),
            pedigree=draw(st.sampled_from(["authoritative", "sourced"])),
            recorded_at=datetime.combine(recorded_on, datetime.min.time(), UTC),
        ),
    )


registrations = st.builds(
    Registration,
    body=st.sampled_from(["NMC", "HCPC", "GMC"]),
    number=st.text("0123456789ABC", min_size=1, max_size=9),
    checked_at=days.map(lambda day: datetime.combine(day, datetime.min.time(), UTC)),
    checked_by=st.sampled_from([TRUST.ods, OLD_TRUST.ods, "Invented checking service"]),
    method=st.sampled_from(["register_lookup", "document", "another way"]),
    annotations=st.lists(st.sampled_from(["V300", "IP"]), max_size=2).map(tuple),
)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
contents = st.builds(
    PassportContent,
    number=st.just("01234567T"),
    given_name=names,
    family_name=names,
    employer=st.none() | st.just(Employer(ods=TRUST.ods, name=TRUST.name)),
    registrations=st.lists(registrations, max_size=2).map(tuple),
    training=st.lists(awards(), max_size=12).map(tuple),
)


@settings(deadline=None, max_examples=150)
@given(contents, st.booleans())
def test_every_content_comes_back_but_for_what_is_named(content: PassportContent, printed: bool) -> None:
    qr = prepare(content, status=STATUS if printed else None)

    found = check(qr.sign(QR_KEY))

    gone = {each.award.id for each in qr.left_out}
    carried = [as_read(content, award) for award in content.training if award.id not in gone]
    assert sorted((each.award for each in found.awards), key=by_id) == sorted(carried, key=by_id)
    assert (found.holder.given_name, found.holder.family_name) == (content.given_name, content.family_name)
    assert found.holder.registrations == content.registrations
    assert found.holder.employer == content.employer
