"""What becomes of rows: each outcome, each reason to set a row aside, and what a second file changes."""

from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.awards import service as awards
from passport.awards.models import Award, LocalTraining
from passport.errors import Invalid
from passport.esr import jobs, service
from passport.esr.models import EsrImport, EsrSetAside
from passport.staff import service as staff
from passport.staff.models import Employment, Person, Registration
from passport.standards import service as standards
from passport.standards.models import Standard
from tests.esr_files import Employer, bulk, make_employer, personal
from tests.factories import RegistrationFactory

FIRE = "NHS|CSTF|Fire Safety|"
STROKE, PAEDIATRICS = "Acute Stroke", "Advanced Practice in Paediatrics (curricular framework)"
MOVING = "NHS|CSTF|Moving and Handling - Level 2|"
NURSE = {"Registration Body": "NMC", "Registration Number": "71A2998E"}
NOTHING_ELSE = dict.fromkeys(("Employee Number", "Assignment Number", "First Name", "Last Name", "Date of Birth"), "")
OTHER = {
    "Employee Number": "20000002",
    "Assignment Number": "30000002",
    "First Name": "Nia",
    "Last Name": "Madeupname",
    "Date of Birth": "1985-07-09",
}


def stored(trust: Employer) -> list[tuple[date, str | None]]:
    """Return the awards on record with their ending, the oldest first."""
    trust.session.expire_all()
    found = trust.session.execute(select(Award.awarded_on, Award.ending).order_by(Award.awarded_on, Award.recorded_at))
    return [(row.awarded_on, row.ending) for row in found]


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_award_is_new_and_carries_its_provenance(trust: Employer) -> None:
    imported = trust.take(bulk({"Expiry Date": "02-Mar-2028", "Delivery": "face to face"}))
    award = trust.session.scalars(select(Award)).one()
    assert trust.report(imported) == ["new"]
    assert (award.organisation_id, award.import_id, award.recorded_at) == (trust.id, imported.id, trust.now)
    assert (award.awarded_on, award.valid_until) == (date(2026, 3, 2), date(2028, 3, 2))
    assert (award.verification_method, award.pedigree, award.recorded_by) == ("record", "authoritative", "operator")


def test_the_same_file_again_changes_nothing(trust: Employer) -> None:
    file = bulk({}, {"Competency Name": MOVING}, OTHER, {"Competency Name": "457|LOCAL|Fire procedure|"})
    assert trust.outcomes(file) == ["new", "new", "new", "local"]
    before = stored(trust)
    assert trust.outcomes(file) == ["unchanged", "unchanged", "unchanged", "local"]
    assert stored(trust) == before
    assert (count(trust.session, Person), count(trust.session, Employment), count(trust.session, LocalTraining)) == (
        2,
        2,
        1,
    )


def test_a_later_award_supersedes_and_keeps_the_older(trust: Employer) -> None:
    trust.take(bulk({"Date Awarded": "2025-03-02"}))
    assert trust.outcomes(bulk({"Date Awarded": "2026-03-02"})) == ["superseded_older"]
    assert stored(trust) == [(date(2025, 3, 2), "superseded"), (date(2026, 3, 2), None)]
    older, newer = trust.session.scalars(select(Award).order_by(Award.awarded_on)).all()
    assert older.replaced_by_id == newer.id


def test_another_fact_of_the_same_day_is_an_update_and_asks_for_new_passports(trust: Employer) -> None:
    trust.take(bulk({"Delivery": "e-learning"}))
    assert trust.outcomes(bulk({"Delivery": "blended"})) == ["updated"]
    assert stored(trust) == [(date(2026, 3, 2), "corrected"), (date(2026, 3, 2), None)]
    assert trust.outcomes(bulk({"Delivery": "e-learning"})) == ["updated"]
    assert waiting_jobs(trust.session) == ["esr.reissue_corrected"] * 2


def test_an_award_older_than_the_current_one_is_kept_as_history(trust: Employer) -> None:
    trust.take(bulk({"Date Awarded": "2026-03-02"}))
    older = bulk({"Date Awarded": "2024-03-02"})
    assert trust.outcomes(older) == ["new older_than_current"]
    assert stored(trust) == [(date(2024, 3, 2), "superseded"), (date(2026, 3, 2), None)]
    assert trust.outcomes(older) == ["unchanged history_kept"]


def test_in_one_file_the_latest_award_stands_and_the_earlier_are_history(trust: Employer) -> None:
    days = [{"Date Awarded": day} for day in ("2024-03-02", "2026-03-02", "2025-03-02")]
    assert trust.outcomes(bulk(*days)) == ["new older_than_current", "new", "new older_than_current"]
    expected = [(date(2024, 3, 2), "superseded"), (date(2025, 3, 2), "superseded"), (date(2026, 3, 2), None)]
    assert stored(trust) == expected
    assert trust.outcomes(bulk(*reversed(days))) == ["unchanged history_kept", "unchanged", "unchanged history_kept"]
    assert stored(trust) == expected


def test_a_file_may_correct_the_current_award_and_bring_a_newer_one(trust: Employer) -> None:
    trust.take(bulk({"Date Awarded": "2025-03-02", "Delivery": "e-learning"}))
    both = bulk({"Date Awarded": "2025-03-02", "Delivery": "blended"}, {"Date Awarded": "2026-03-02"})
    assert trust.outcomes(both) == ["updated", "superseded_older"]
    assert sorted(ending or "" for _, ending in stored(trust)) == ["", "corrected", "superseded"]
    assert trust.outcomes(both) == ["unchanged history_kept", "unchanged"]


def test_a_repeated_row_is_recorded_once(trust: Employer) -> None:
    assert trust.outcomes(bulk({}, {})) == ["new", "unchanged duplicate_row"]
    assert trust.outcomes(bulk({}, {})) == ["unchanged", "unchanged"]


def test_rows_that_contradict_each_other_are_nobody_s_guess_on_any_day(trust: Employer) -> None:
    disputed = bulk({"Delivery": "e-learning"}, {"Delivery": "blended"})
    assert trust.outcomes(disputed) == ["set_aside award_contested"] * 2
    assert stored(trust) == []
    trust.take(bulk({"Delivery": "blended"}))
    assert trust.outcomes(disputed) == ["set_aside award_contested", "unchanged"]
    assert stored(trust) == [(date(2026, 3, 2), None)]


def test_rows_missing_from_the_next_file_change_nothing(trust: Employer) -> None:
    trust.take(bulk({}, {"Competency Name": MOVING}))
    before = stored(trust)
    trust.take(bulk({"Competency Name": MOVING}))
    assert stored(trust) == before


def test_what_was_withdrawn_or_corrected_here_is_not_undone_by_esr(trust: Employer) -> None:
    trust.take(bulk({}, {"Competency Name": MOVING}))
    of_standard = select(Award).join(Standard, Standard.id == Award.standard_id)
    fire, moving = (trust.session.scalars(of_standard.where(Standard.code == code)).one() for code in ("FS", "MH2"))
    who = {"organisation_id": trust.id, "actor": "operator", "now": trust.now}
    awards.withdraw(trust.session, award_id=fire.id, reason="issued_in_error", **who)  # type: ignore[arg-type]  # as named
    awards.correct(trust.session, award_id=moving.id, changes={"awarded_on": date(2026, 1, 2)}, **who)  # type: ignore[arg-type]  # as named
    assert trust.outcomes(bulk({}, {"Competency Name": MOVING})) == [
        "refused withdrawn_before",
        "refused corrected_before",
    ]


def test_better_information_may_follow_a_withdrawal_of_the_same_day(trust: Employer) -> None:
    trust.take(bulk({}))
    award = trust.session.scalars(select(Award)).one()
    awards.withdraw(
        trust.session, award_id=award.id, organisation_id=trust.id, reason="updated_information_to_follow",
        actor="operator", now=trust.now,
    )  # fmt: skip
    assert trust.outcomes(bulk({})) == ["refused withdrawn_before"]
    assert trust.outcomes(bulk({"Delivery": "blended"})) == ["new"]


def test_an_organisation_imports_only_what_it_may_award_on_the_day(trust: Employer) -> None:
    standards.accredit(
        trust.session, organisation_id=trust.id, standard_code="FS", from_on=date(2020, 1, 1), actor="operator",
        now=trust.now,
    )  # fmt: skip
    standards.accredit(
        trust.session, organisation_id=trust.id, standard_code="FS", from_on=date(2026, 1, 1), state="suspended",
        actor="operator", now=trust.now,
    )  # fmt: skip
    file = bulk({}, {"Date Awarded": "2025-12-31"}, {"Competency Name": MOVING})
    assert trust.outcomes(file) == ["refused not_accredited", "refused not_accredited", "new"]
    standards.accredit(
        trust.session, organisation_id=trust.id, standard_code="FS", from_on=date(2026, 7, 1), actor="operator",
        now=trust.now,
    )  # fmt: skip
    assert trust.outcomes(file) == ["refused not_accredited", "new", "unchanged"]


def test_what_a_specification_asks_is_not_asked_by_an_import(trust: Employer) -> None:
    credentials = ({"Competency Name": f"NHS|CENTRE|{title}|"} for title in (STROKE, PAEDIATRICS))
    for code in ("MPC-ACUTE-STROKE", "MPC-PAEDIATRICS"):
        standards.accredit(
            trust.session, organisation_id=trust.id, standard_code=code, from_on=date(2020, 1, 1), actor="operator",
            now=trust.now,
        )  # fmt: skip
    assert trust.outcomes(bulk(*credentials)) == ["refused specification_asks", "new"]


def test_local_training_is_kept_apart_and_moves_on(trust: Employer) -> None:
    local = {"Competency Name": "457|LOCAL|Fire procedure - 3 Years|"}
    assert trust.outcomes(bulk(local, local | {"Date Awarded": "2026-04-01"})) == ["local", "local"]
    trust.take(bulk(local | {"Date Awarded": "2024-01-01"}))
    training = trust.session.scalars(select(LocalTraining)).one()
    assert (training.name, training.awarded_on) == ("Fire procedure", date(2026, 4, 1))
    assert count(trust.session, Award) == 0


@pytest.mark.parametrize(
    ("name", "code"),
    [("NHS|CSTF|Basket Weaving|", "standard_unknown"), ("NHS|CSTF|Safeguarding Adults|", "standard_ambiguous")],
)
def test_a_standard_that_is_not_certain_is_set_aside(trust: Employer, name: str, code: str) -> None:
    assert trust.outcomes(bulk({"Competency Name": name})) == [f"set_aside {code}"]


def test_a_set_aside_row_waits_once_and_is_settled_when_it_is_taken(trust: Employer) -> None:
    row = OTHER | {"Employee Number": "", "Date of Birth": "", "First Name": "", "Last Name": ""}
    for _ in range(2):
        assert trust.outcomes(bulk(row)) == ["set_aside person_unknown"]
    waiting = trust.session.scalars(select(EsrSetAside)).one()
    assert (waiting.line, waiting.row["Assignment Number"], waiting.settled_at) == (2, "30000002", None)
    trust.take(bulk(OTHER))
    assert trust.outcomes(bulk(row)) == ["unchanged"]
    trust.session.refresh(waiting)
    assert (waiting.settled_at, waiting.settlement) == (trust.now, "imported")


def test_a_person_enters_with_all_that_the_row_says(trust: Employer) -> None:
    assert trust.outcomes(bulk(NURSE)) == ["new"]
    person = trust.session.scalars(select(Person)).one()
    employment, registration = (
        trust.session.scalars(select(Employment)).one(),
        trust.session.scalars(select(Registration)).one(),
    )
    assert (person.given_name, person.family_name, person.date_of_birth) == ("Testa", "Inventedname", date(1990, 2, 3))
    assert (employment.organisation_id, employment.employee_number, employment.assignment_number) == (
        trust.id, "20000001", "30000001",
    )  # fmt: skip
    assert (registration.body, registration.number, registration.method) == ("NMC", "71A2998E", "employer_record")
    found = staff.find(trust.session, organisation_id=trust.id, now=trust.now, assignment="30000001")
    assert [one.id for one in found] == [person.id]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Date of Birth": "1990-02-04"}, "date_of_birth_differs"),
        ({"Last Name": "Otherwise"}, "name_differs"),
        ({"Registration Body": "NMC", "Registration Number": "71A2998F"}, "registration_differs"),
        ({"Employee Number": "20000002"}, "person_contradicted"),
        ({"Assignment Number": "30000009", "Employee Number": "20000009"}, "person_may_exist"),
        ({"Assignment Number": "", "Employee Number": "20000009"}, "person_unknown"),
        (NOTHING_ELSE | NURSE, "registration_alone"),
    ],
)
def test_a_row_that_contradicts_what_is_known_is_set_aside(trust: Employer, cells: dict[str, str], code: str) -> None:
    trust.take(bulk(NURSE, OTHER))
    people = count(trust.session, Person)
    assert trust.outcomes(bulk({"Competency Name": MOVING} | cells)) == [f"set_aside {code}"]
    assert (count(trust.session, Person), count(trust.session, Award)) == (people, 2)


def test_a_set_aside_row_names_whom_it_could_mean(trust: Employer) -> None:
    trust.take(bulk({}, OTHER))
    trust.take(bulk({"Employee Number": "20000002", "Competency Name": MOVING}))
    waiting = trust.session.scalars(select(EsrSetAside)).one()
    assert set(waiting.candidates) == set(trust.session.scalars(select(Person.id)))


@pytest.mark.parametrize(
    "cells",
    [
        {"First Name": "", "Last Name": "", "Date of Birth": ""},
        {"First Name": "TESTA", "Last Name": "Invented-Name"},
        {"Employee Number": ""},
        {"Assignment Number": "30000009"},
        {"Assignment Number": "", "Employee Number": ""} | NURSE,
        {"Assignment Number": "30000009", "Employee Number": ""} | NURSE,
    ],
)
def test_a_row_is_matched_by_any_number_with_nothing_against_it(trust: Employer, cells: dict[str, str]) -> None:
    trust.take(bulk(NURSE))
    assert trust.outcomes(bulk({"Competency Name": MOVING} | cells)) == ["new"]
    assert (count(trust.session, Person), count(trust.session, Registration)) == (1, 1)


def test_a_new_assignment_number_becomes_another_employment(trust: Employer) -> None:
    trust.take(bulk({}))
    trust.take(bulk({"Assignment Number": "30000001-2"}))
    numbers = trust.session.scalars(select(Employment.assignment_number).order_by(Employment.assignment_number)).all()
    assert numbers == ["30000001", "30000001-2"]
    assert trust.outcomes(bulk({}, {"Assignment Number": "30000001-2"})) == ["unchanged", "unchanged"]


def test_two_assignments_of_one_person_in_a_file_are_one_person(trust: Employer) -> None:
    assert trust.outcomes(bulk({}, {"Assignment Number": "30000001-2"})) == ["new", "unchanged duplicate_row"]
    assert (count(trust.session, Person), count(trust.session, Employment)) == (1, 2)


def test_a_registration_with_two_stories_is_nobody_s_even_where_one_is_on_record(trust: Employer) -> None:
    trust.take(bulk(NURSE))
    later = NURSE | {"Competency Name": MOVING}
    assert trust.outcomes(bulk(later, later | {"Date of Birth": "1990-02-04"})) == ["set_aside rows_disagree"] * 2
    assert (
        trust.outcomes(bulk(later, NOTHING_ELSE | NURSE | {"Last Name": "Otherwise"}))
        == ["set_aside rows_disagree"] * 2
    )
    spelt = later | {"First Name": "TESTA", "Last Name": "Invented-Name", "Date of Birth": ""}
    assert trust.outcomes(bulk(later, spelt)) == ["new", "unchanged duplicate_row"]


@pytest.mark.parametrize(
    "other",
    [
        {"Last Name": "Otherwise"},
        OTHER | {"Assignment Number": "30000001"},
        OTHER | NURSE,
        {"Employee Number": "20000002", "Assignment Number": "30000002"},
    ],
    ids=["one employee, two names", "one assignment, two people", "one registration, two people", "namesakes"],
)
def test_people_of_one_file_who_share_what_is_one_person_s_are_set_aside(
    trust: Employer, other: dict[str, str]
) -> None:
    assert trust.outcomes(bulk(NURSE, other)) == ["set_aside rows_disagree"] * 2
    assert count(trust.session, Person) == 0


def test_a_namesake_at_another_employer_is_another_person(trust: Employer) -> None:
    trust.take(bulk({}))
    neighbour = make_employer(trust.session, trust.now, ods="X9V9Z", vpd="458")
    assert neighbour.outcomes(bulk({"VPD": "458"})) == ["new"]
    assert count(trust.session, Person) == 2


def test_a_second_registration_is_added_to_a_person(trust: Employer) -> None:
    trust.take(bulk(NURSE))
    person_id = trust.session.scalars(select(Person.id)).one()
    RegistrationFactory.create(
        trust.session, person_id=person_id, checked_by_id=trust.id, body="GDC", number="CD123456"
    )
    assert trust.outcomes(bulk({"Registration Body": "HCPC", "Registration Number": "PH95159"})) == ["unchanged"]
    bodies = trust.session.scalars(select(Registration.body).order_by(Registration.body)).all()
    assert bodies == ["GDC", "HCPC", "NMC"]


def test_a_dry_run_reports_the_same_and_keeps_nothing_else(trust: Employer) -> None:
    file = bulk({}, OTHER | {"Date of Birth": ""}, {"Date Awarded": ""}, {"Competency Name": "457|LOCAL|Fire|"})
    dry = trust.take(file, dry_run=True)
    assert (dry.dry_run, dry.counts["new"], dry.counts["set_aside"]) == (True, 1, 1)
    for table in (Person, Award, LocalTraining, EsrSetAside):
        assert count(trust.session, table) == 0
    assert [action for action in actions(trust.session) if action.startswith("esr.")] == ["esr.checked"]
    assert trust.report(trust.take(file)) == trust.report(dry)
    assert count(trust.session, EsrImport) == 2


def test_an_import_is_one_audit_entry_that_vouches_for_every_line(trust: Employer) -> None:
    file = bulk({}, OTHER)
    imported = trust.take(file)
    entry = trust.session.scalars(select(AuditEntry).where(AuditEntry.action == "esr.imported")).one()
    assert entry.subject == f"import:{imported.id}"
    assert entry.detail["counts"] == imported.counts
    assert entry.detail["rows_root"] == (imported.rows_root or b"").hex()
    other = trust.take(file.replace(b"Testa", b"Testb"))
    assert other.rows_root != imported.rows_root


def test_a_corrected_award_asks_for_the_person_s_passport_again(trust: Employer) -> None:
    trust.take(bulk({}, OTHER))
    corrected = trust.take(bulk({"Delivery": "blended"}, OTHER))
    trust.session.commit()
    jobs.reissue_corrected(str(corrected.id))
    assert waiting_jobs(trust.session)[1:] == ["issuing.reissue"]


def test_an_import_of_another_organisation_looks_like_none(trust: Employer) -> None:
    imported = trust.take(bulk({}))
    neighbour = make_employer(trust.session, trust.now, ods="X9V9Z", vpd="458")
    with pytest.raises(service.ImportNotFound):
        service.by_id(trust.session, imported.id, organisation_id=neighbour.id)
    assert service.by_id(trust.session, imported.id, organisation_id=trust.id) is imported


@pytest.mark.parametrize(
    "options",
    [
        {"layout": "sideways"},
        {"layout": "personal"},
        {"layout": "bulk", "assignment": "30000001"},
        {"layout": "personal", "assignment": "3; DROP TABLE award"},
    ],
)
def test_layout_and_assignment_must_fit(trust: Employer, options: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        trust.take(personal({}), **options)


def test_a_personal_file_adds_to_its_person(trust: Employer) -> None:
    trust.take(bulk(OTHER))
    file = personal({}, {"Competency Name": MOVING, "Expiry Date": "No Expiry"})
    assert trust.outcomes(file, layout="personal", assignment="30000002") == ["updated", "new"]


def waiting_jobs(session: Session) -> list[str]:
    """Return the jobs that imports ask for; loading the catalogue asks for others."""
    ours = "SELECT task_name FROM procrastinate_jobs WHERE task_name ~ '^(esr|issuing)' ORDER BY id"
    return list(session.scalars(text(ours)))


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action)))
