"""Imports and people who record at the same time: one result, no deadlock, and the loser is told."""

import io
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import func, select, text

from benchmarks.esr_file import rows
from passport.awards import service as awards
from passport.awards.models import Award
from passport.db import sessions, transaction
from passport.errors import PassportError
from passport.esr import service
from passport.esr.reading import BULK_HEADER
from passport.staff.models import Person, Registration
from tests.esr_files import Employer, bulk, make_employer

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)


def at_once(*works: Callable[[], object]) -> list[object]:
    """Start everything at the same time; return what each gave, or the failure that it was told."""
    gate, answers = threading.Barrier(len(works)), dict[int, object]()

    def run(place: int, work: Callable[[], object]) -> None:
        gate.wait()
        try:
            answers[place] = work()
        except PassportError as error:
            answers[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[place] for place in range(len(works))]


def import_file(trust: Employer, content: bytes) -> dict[str, int]:
    with transaction() as session:
        return service.import_file(
            session, io.BytesIO(content), organisation_id=trust.id, actor="operator", now=NOW
        ).counts


def file_of(cells: list[list[str]]) -> bytes:
    lines = [BULK_HEADER, *cells]
    return "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines).encode()


def test_two_imports_in_opposite_order_give_one_result(database_url: str) -> None:
    with transaction() as session:
        trust = make_employer(session, NOW)
    cells = list(rows(1000))
    there, back = file_of(cells), file_of(cells[::-1])
    answers = at_once(lambda: import_file(trust, there), lambda: import_file(trust, back))
    assert sorted((counts["new"], counts["unchanged"]) for counts in answers) == [(0, 1000), (1000, 0)]  # type: ignore[index]  # both are counts
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Award)) == 1000
        assert session.scalar(select(func.count()).select_from(Person)) == 50


def test_two_employers_that_record_the_same_nurses_do_not_wait_in_a_circle(database_url: str) -> None:
    with transaction() as session:
        trust = make_employer(session, NOW)
        neighbour = make_employer(session, NOW, ods="X9V9Z", vpd="458")
    cells = list(rows(1000))
    theirs = [["458", *row[1:]] for row in cells[::-1]]
    answers = at_once(lambda: import_file(trust, file_of(cells)), lambda: import_file(neighbour, file_of(theirs)))
    found = [(counts["new"], counts["set_aside"]) for counts in answers]  # type: ignore[index]  # both are counts
    assert [sum(one) for one in found] == [1000, 1000]
    assert 1000 in [new for new, _ in found]  # the other may come too late for those with a registration number
    with transaction() as session:
        carried = select(Registration.number).group_by(Registration.body, Registration.number)
        assert session.scalars(carried.having(func.count() > 1)).all() == []


def employer_and_nurse() -> tuple[Employer, UUID]:
    """Make an employer whose one nurse came by a file."""
    with transaction() as session:
        trust = make_employer(session, NOW)
    import_file(trust, bulk({"Competency Name": "NHS|CSTF|Safeguarding Adults - Level 1|"}))
    with transaction() as session:
        return trust, session.scalars(select(Person.id)).one()


def test_an_import_and_a_person_who_record_the_same_award_make_one(database_url: str) -> None:
    trust, person_id = employer_and_nurse()

    def by_hand() -> object:
        with transaction() as session:
            awards.record(
                session, person_id=person_id, organisation_id=trust.id, standard_code="FS", awarded_on=date(2026, 3, 2),
                delivery="unknown", assessed=True, verification_method="record", pedigree="authoritative",
                actor="operator", now=NOW,
            )  # fmt: skip
        return "recorded"

    counts, told = at_once(lambda: import_file(trust, bulk({})), by_hand)
    assert isinstance(counts, dict)
    if counts["new"]:
        assert isinstance(told, awards.AwardExists)
    else:
        assert (counts["unchanged"], told) == (1, "recorded")
    with transaction() as session:
        fire = select(func.count()).select_from(Award).where(Award.awarded_on == date(2026, 3, 2))
        assert session.scalar(fire) == 2


def test_two_people_who_record_the_same_award_make_one(database_url: str) -> None:
    trust, person_id = employer_and_nurse()

    def by_hand() -> object:
        with transaction() as session:
            return awards.record(
                session, person_id=person_id, organisation_id=trust.id, standard_code="FS", awarded_on=date(2026, 3, 2),
                delivery="unknown", assessed=True, verification_method="record", pedigree="authoritative",
                actor="operator", now=NOW,
            ).id  # fmt: skip

    answers = at_once(*[by_hand] * 8)
    assert sum(not isinstance(answer, PassportError) for answer in answers) == 1
    assert {type(answer) for answer in answers if isinstance(answer, PassportError)} == {awards.AwardExists}


def test_an_import_does_not_undo_a_withdrawal_that_it_waited_for(database_url: str) -> None:
    with transaction() as session:
        trust = make_employer(session, NOW)
    import_file(trust, bulk({}))
    with transaction() as session:
        award_id = session.scalars(select(Award.id)).one()
    counts: list[dict[str, int]] = []
    newer = bulk({"Date Awarded": "2026/07/01 00:00:00"})
    importing = threading.Thread(target=lambda: counts.append(import_file(trust, newer)))
    with transaction() as session:
        awards.withdraw(
            session, award_id=award_id, organisation_id=trust.id, reason="issued_in_error", actor="operator", now=NOW
        )
        importing.start()
        wait_until_somebody_waits()
    importing.join()
    assert counts[0]["new"] == 1
    with transaction() as session:
        assert session.get_one(Award, award_id).ending == "withdrawn"


def wait_until_somebody_waits() -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with sessions() as session:
        while session.scalar(waiting) == 0:
            session.rollback()
