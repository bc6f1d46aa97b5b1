"""Write a passport's content as the arrays of an offline QR (`qr_layout`), with the numbers of a code list.

Which awards go in, when not all can, is left to `qr_choice`; the envelope to `qr`.
"""

from collections.abc import Mapping
from datetime import date

from credentials.code_list import CodeList
from credentials.errors import ClaimTypeError
from credentials.qr_layout import (
    AwardRow,
    ContentRow,
    PracticeRow,
    RegistrationRow,
    SourceRow,
    days_between,
    lasting,
    recorded,
    to_array,
    utc_day,
)
from credentials.records import AdvancedPractice, Award, PassportContent, Registration


def write_content(content: PassportContent, *, code_list: CodeList, issued_on: date) -> object:
    """Return a content as the arrays that a QR carries.

    Args:
        content: what to carry; every award's standard is in the code list (see `CodeList.number_of`).
        code_list: the version whose numbers are used.
        issued_on: the UTC day of issue, from which days are counted back.

    Raises:
        ClaimTypeError: a word is not in the code list, or a day can't be: recorded after the issue, valid until a day
            before the award.
    """
    return to_array(_Writer(content, code_list, issued_on).row())


class _Writer:
    """Collects the organisations and sources while it writes the rows that point to them."""

    def __init__(self, content: PassportContent, code_list: CodeList, issued_on: date) -> None:
        self._content = content
        self._code_list = code_list
        self._issued_on = issued_on
        self._organisations: dict[str, int] = {}
        self._sources: dict[SourceRow, int] = {}

    def row(self) -> ContentRow:
        """Return the whole content. The employer's code comes first, then those of the awards."""
        content = self._content
        practice = content.advanced_practice
        employer = None if content.employer is None else self._organisation(content.employer.ods)
        awards = self._awards()
        practice_row = None if practice is None else self._practice(practice)
        registrations = tuple(self._registration(registration) for registration in content.registrations)
        return ContentRow(
            self._code_list.version,
            content.number,
            content.given_name,
            content.family_name,
            tuple(self._organisations),
            employer,
            registrations,
            tuple(self._sources),
            awards,
            practice_row,
        )

    def _awards(self) -> tuple[AwardRow, ...]:
        awards = (*self._content.training, *self._content.credentials)
        rows, previous = [], self._issued_on
        for award in sorted(awards, key=lambda award: (-award.awarded_on.toordinal(), award.standard, award.part or 0)):
            rows.append(self._award(award, days_before=days_between(award.awarded_on, previous)))
            previous = award.awarded_on
        return tuple(rows)

    def _award(self, award: Award, days_before: int) -> AwardRow:
        number = self._code_list.number_of(award)
        if number is None:
            raise ClaimTypeError("standard is not in the code list")
        return AwardRow(
            number, days_before, self._source(award), recorded(award, self._issued_on), lasting(award), award.part
        )

    def _source(self, award: Award) -> int:
        words, assurance = self._code_list.words, award.assurance
        row = SourceRow(
            self._organisation(award.issuer.ods),
            award.framework_version,
            _number(words.delivery, assurance.delivery),
            assurance.assessed,
            _number(words.verification_method, assurance.verification_method),
            _number(words.pedigree, assurance.pedigree),
        )
        return self._sources.setdefault(row, len(self._sources))

    def _organisation(self, ods: str) -> int:
        return self._organisations.setdefault(ods, len(self._organisations))

    def _registration(self, registration: Registration) -> RegistrationRow:
        checked_by, method = registration.checked_by, registration.method
        return RegistrationRow(
            registration.body,
            registration.number,
            days_between(utc_day(registration.checked_at), self._issued_on),
            self._organisations.get(checked_by, checked_by),
            self._code_list.words.registration_method.get(method, method),
            registration.annotations,
        )

    def _practice(self, practice: AdvancedPractice) -> PracticeRow:
        words = self._code_list.words
        return PracticeRow(
            _number(words.practice_level, practice.level),
            _number(words.edition, practice.edition),
            _number(words.route, practice.route),
            tuple(_number(words.pillar, pillar) for pillar in practice.pillars),
            practice.base_profession,
            days_between(practice.recognised_on, self._issued_on),
            self._organisation(practice.issuer.ods),
        )


def _number(table: Mapping[str, int], word: str) -> int:
    number = table.get(word)
    if number is None:
        raise ClaimTypeError(f"{word} is not in the code list")
    return number
