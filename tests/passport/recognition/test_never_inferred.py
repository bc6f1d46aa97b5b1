"""A level of practice is said by who may say it, and never inferred: not from a job title, a competence or a course."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.awards import service as awards
from passport.awards.models import Recognition
from passport.awards.recognition import PILLARS
from passport.errors import Invalid
from passport.migration import metadata
from passport.recognition import finding
from tests.academies import Academy
from tests.esr_files import bulk, make_employer

TITLES = (
    "457|LOCAL|Advanced Clinical Practitioner|", "NHS|LOCAL|Trainee Advanced Nurse Practitioner|",
    "NHS|CSTF|Advanced practice|", "457|LOCAL|Consultant Practitioner - 3 Years|", "457|LOCAL|MPF-ADVANCED|",
)  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_a_title_in_a_file_makes_neither_a_practitioner_nor_a_trainee(
    session: Session, now: datetime, title: str
) -> None:
    employer = make_employer(session, now)
    employer.take(bulk({"Competency Name": title}))
    assert session.scalar(select(func.count()).select_from(Recognition)) == 0
    assert session.scalars(finding.trainees(now.date())).all() == []


def test_no_table_of_people_or_their_work_keeps_a_job_title() -> None:
    """What is not kept can't be read."""
    tables = metadata().tables
    kept = {
        f"{table}.{column.name}"
        for table in ("person", "employment", "recognition", "recognition_application")
        for column in tables[table].columns
        if any(word in column.name for word in ("title", "position", "job", "post"))
    }
    assert kept == set()


def test_a_level_is_not_awarded_like_a_course(academy: Academy) -> None:
    with pytest.raises(Invalid, match="recognised, not awarded"):
        academy.trust.record(standard_code="MPF-ADVANCED")


def test_evidence_of_every_pillar_makes_no_recognition_by_itself(academy: Academy) -> None:
    application = academy.at("learning_needs_analysis")
    academy.show(application, *PILLARS)
    content = awards.passport_content(academy.session, application.person_id, now=academy.now)
    assert content.advanced_practice is None
