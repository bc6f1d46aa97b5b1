"""What a QR leaves out when not all of a passport can go in, and that it always says so."""

from datetime import timedelta

import msgspec
import pytest

from credentials.errors import TooLargeError
from credentials.qr_layout import short_award_id
from credentials.qr_text import digits_with_room
from credentials.records import PassportContent
from tests.credentials.qr_samples import (
    ISSUER,
    NOW,
    QR_KEY,
    STATUS,
    check,
    full_passport,
    prepare,
)


def many_renewals(count: int) -> PassportContent:
    """Return the full passport with `count` older awards, a different day each."""
    passport = full_passport()
    older = tuple(
        msgspec.structs.replace(
            award,
            id=f"older-{number}",
            awarded_on=award.awarded_on - timedelta(days=400 + 37 * number),
            assurance=msgspec.structs.replace(
                award.assurance, recorded_at=award.assurance.recorded_at - timedelta(days=3 * number)
            ),
        )
        for number, award in ((number, passport.training[number % 11]) for number in range(count))
    )
    return msgspec.structs.replace(passport, training=passport.training + older)


def test_what_has_no_room_is_left_out_oldest_superseded_first_and_named() -> None:
    content = many_renewals(40)

    qr = prepare(content, status=STATUS)

    left_out = [each.award for each in qr.left_out]
    assert {each.reason for each in qr.left_out} == {"superseded"}
    kept = {short_award_id(content.number, award) for award in content.training if award not in left_out}
    assert [award.awarded_on for award in left_out] == sorted(award.awarded_on for award in left_out)
    assert max(award.awarded_on for award in left_out) <= min(
        award.awarded_on for award in content.training if award.id.startswith("older") and award not in left_out
    )
    found = check(qr.sign(QR_KEY))
    assert {each.award.id for each in found.awards if each.award.framework == "CSTF"} == kept
    assert len(qr.sign(QR_KEY)) - len(f"{ISSUER}/v#") <= digits_with_room(ISSUER)


def test_when_nothing_is_superseded_the_oldest_awards_go_and_the_person_stays() -> None:
    name = "".join(chr(0x100 + 7 * number) for number in range(90))
    passport = msgspec.structs.replace(full_passport(), given_name=name)

    qr = prepare(passport, status=STATUS)

    assert {each.reason for each in qr.left_out} == {"no_room"}
    assert qr.left_out[0].award.awarded_on == min(
        award.awarded_on for award in (*passport.training, *passport.credentials)
    )
    assert check(qr.sign(QR_KEY)).holder.given_name == name


def test_a_name_that_leaves_no_room_at_all_is_refused() -> None:
    names = "".join(chr(0x4E00 + 7 * number) for number in range(400))

    with pytest.raises(TooLargeError):
        prepare(msgspec.structs.replace(full_passport(), family_name=names))


def test_an_award_outside_the_code_list_is_left_out_and_named() -> None:
    passport = full_passport()
    local = msgspec.structs.replace(passport.training[0], standard="LOCAL1")
    other_level = msgspec.structs.replace(passport.training[1], level="2")

    qr = prepare(msgspec.structs.replace(passport, training=(local, other_level)))

    assert [(each.award, each.reason) for each in qr.left_out] == [
        (local, "not_in_code_list"),
        (other_level, "not_in_code_list"),
    ]


def test_the_same_award_recorded_twice_is_said_once_as_recorded_last() -> None:
    passport = full_passport()
    first = passport.training[0]
    later = msgspec.structs.replace(
        first,
        id="again",
        assurance=msgspec.structs.replace(first.assurance, delivery="blended", recorded_at=NOW),
    )

    qr = prepare(msgspec.structs.replace(passport, training=(first, later), credentials=()))

    assert [(each.award, each.reason) for each in qr.left_out] == [(first, "said_twice")]
    assert check(qr.sign(QR_KEY)).awards[0].award.assurance.delivery == "blended"
