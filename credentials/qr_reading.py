"""Read the arrays of a verified offline QR (`qr_layout`) back into a passport's content.

The numbers lead into the code list, into the arrays' own tables and, for the names of organisations, into the trust
list. A number that the code list at hand does not have is no fault of the QR: the list may be too old, so the verdict
is "could not check". A number that leads to nothing inside the QR itself is malformed.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import msgspec

from credentials.code_list import CodeList
from credentials.errors import QrCodeListUnknownError, QrMalformedError
from credentials.qr_layout import (
    AwardRow,
    ContentRow,
    PracticeRow,
    RegistrationRow,
    SourceRow,
    last_day,
    recorded_on,
    short_award_id,
    short_practice_id,
    start_of,
    to_array,
)
from credentials.records import AdvancedPractice, Assurance, Award, Employer, Issuer, PassportContent, Registration


def read_content(
    value: object, *, code_list: CodeList, issued_on: date, organisation: Callable[[str], Issuer]
) -> PassportContent:
    """Return the content that the arrays of a verified QR stand for.

    Args:
        value: the arrays, as they were decoded.
        code_list: the newest version at hand.
        issued_on: the UTC day of issue.
        organisation: gives the name and kind of an organisation by its ODS code, from the trust list.

    Raises:
        QrMalformedError: not such arrays, or a number that points to nothing in them.
        QrCodeListUnknownError: made with a newer code list, or with a number that this one does not have.
    """
    try:
        row = msgspec.convert(value, ContentRow)
    except msgspec.ValidationError as error:
        raise QrMalformedError("content") from error
    if to_array(row) != value:
        raise QrMalformedError("content has an empty element at an end")
    if row.code_list > code_list.version:
        raise QrCodeListUnknownError(f"needs version {row.code_list}")
    try:
        return _Reader(row, code_list, issued_on, organisation).content()
    except (IndexError, OverflowError) as error:
        raise QrMalformedError("content points to nothing") from error
    except msgspec.ValidationError as error:
        raise QrCodeListUnknownError("a word that this program does not know") from error


class _Reader:
    """Follows the numbers of the rows into the code list, the trust list and the rows' own tables."""

    def __init__(
        self, row: ContentRow, code_list: CodeList, issued_on: date, organisation: Callable[[str], Issuer]
    ) -> None:
        self._row = row
        self._code_list = code_list
        self._issued_on = issued_on
        self._issuers = tuple(organisation(ods) for ods in row.organisations)

    def content(self) -> PassportContent:
        """Return the whole content."""
        row = self._row
        awards = self._awards()
        return PassportContent(
            number=row.number,
            given_name=row.given_name,
            family_name=row.family_name,
            employer=None if row.employer is None else self._employer(row.employer),
            registrations=tuple(self._registration(each) for each in row.registrations),
            training=tuple(award for award in awards if not self._is_credential(award)),
            credentials=tuple(award for award in awards if self._is_credential(award)),
            advanced_practice=None if row.advanced_practice is None else self._practice(row.advanced_practice),
        )

    def _is_credential(self, award: Award) -> bool:
        return self._code_list.catalogue.by_code[award.standard].kind == "credential"

    def _employer(self, index: int) -> Employer:
        issuer = self._issuers[index]
        return Employer(ods=issuer.ods, name=issuer.name)

    def _awards(self) -> tuple[Award, ...]:
        awards, day = [], self._issued_on
        for row in self._row.awards:
            day -= timedelta(days=row.days_before)
            awards.append(self._award(row, awarded_on=day))
        if len({award.id for award in awards}) != len(awards):
            raise QrMalformedError("an award is there twice")
        return tuple(awards)

    def _award(self, row: AwardRow, awarded_on: date) -> Award:
        standard = self._code_list.catalogue.by_number.get(row.standard)
        if standard is None:
            raise QrCodeListUnknownError(f"standard {row.standard}")
        source = self._row.sources[row.source]
        recorded = recorded_on(row.recorded, awarded_on=awarded_on, issued_on=self._issued_on)
        award = Award(
            id="",
            standard=standard.code,
            framework=standard.framework,
            framework_version=source.framework_version,
            subject=standard.subject,
            level=standard.level,
            variant=standard.variant,
            part=row.part,
            awarded_on=awarded_on,
            valid_until=None if row.lasting is None else last_day(awarded_on, row.lasting),
            issuer=self._issuers[source.organisation],
            assurance=self._assurance(source, recorded),
        )
        return msgspec.structs.replace(award, id=short_award_id(self._row.number, award))

    def _assurance(self, source: SourceRow, recorded: date) -> Assurance:
        words = self._code_list.words
        return msgspec.convert(
            {
                "delivery": _word(words.delivery, source.delivery),
                "assessed": source.assessed,
                "verification_method": _word(words.verification_method, source.verification_method),
                "pedigree": _word(words.pedigree, source.pedigree),
                "recorded_at": start_of(recorded),
            },
            Assurance,
        )

    def _before(self, days: int) -> date:
        return self._issued_on - timedelta(days=days)

    def _registration(self, row: RegistrationRow) -> Registration:
        methods, checked_by, method = self._code_list.words.registration_method, row.checked_by, row.method
        return Registration(
            body=row.body,
            number=row.number,
            checked_at=start_of(self._before(row.checked)),
            checked_by=checked_by if isinstance(checked_by, str) else self._issuers[checked_by].ods,
            method=method if isinstance(method, str) else _word(methods, method),
            annotations=row.annotations,
        )

    def _practice(self, row: PracticeRow) -> AdvancedPractice:
        words = self._code_list.words
        facts = {
            "id": "",
            "level": _word(words.practice_level, row.level),
            "edition": _word(words.edition, row.edition),
            "route": _word(words.route, row.route),
            "pillars": tuple(_word(words.pillar, number) for number in row.pillars),
            "base_profession": row.base_profession,
            "recognised_on": self._before(row.recognised),
            "issuer": self._issuers[row.organisation],
        }
        practice = msgspec.convert(facts, AdvancedPractice)
        return msgspec.structs.replace(practice, id=short_practice_id(self._row.number, practice))


def _word(table: Mapping[str, int], number: int) -> str:
    for word, its_number in table.items():
        if its_number == number:
            return word
    raise QrCodeListUnknownError(f"number {number}")
