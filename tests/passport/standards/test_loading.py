"""Loading the data that ships, once and again."""

import shutil
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.standards import service
from passport.standards.loading import StandardChanged
from passport.standards.models import RenewalRule, Specification, Standard

SHIPPED = Path(str(files("passport.standards"))) / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the data files, to be changed."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "data"))


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Change one piece of text of a data file that is there exactly once."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_first_load_adds_every_row(session: Session, now: datetime) -> None:
    report = service.load_catalogue(session, now=now)
    assert (len(report.added), report.changed, report.unchanged, report.version) == (116, [], 0, 1)
    assert "standards: FS, 3" not in report.added
    assert "standards: FS" in report.added


def test_loading_twice_changes_nothing(session: Session, now: datetime) -> None:
    added = service.load_catalogue(session, now=now).added
    before = service.catalogue(session)
    again = service.load_catalogue(session, now=now)
    assert (again.added, again.changed, again.unchanged, again.version) == ([], [], len(added), 1)
    assert service.catalogue(session) == before


def test_a_changed_title_is_brought_up_to_date_and_reported(session: Session, now: datetime, folder: Path) -> None:
    service.load_catalogue(session, now=now)
    edit(folder, "standards.csv", ",Fire safety,", ",Fire safety awareness,")
    report = service.load_catalogue(session, now=now, data=folder)
    assert (report.added, report.changed, report.version) == ([], ["standards: FS"], 2)
    assert service.catalogue(session).by_code["FS"].title == "Fire safety awareness"


def test_a_row_that_is_missing_from_the_files_stays(session: Session, now: datetime, folder: Path) -> None:
    service.load_catalogue(session, now=now)
    parts = folder / "standard_parts.csv"
    parts.write_text(parts.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert service.load_catalogue(session, now=now, data=folder).changed == []
    assert len(service.catalogue(session).by_code["OMT1"].parts) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FS,3,statutory", "FS,4711,statutory"),
        ("FS,3,statutory,CSTF", "FS,3,statutory,OMT"),
        ("Fire Safety,Fire safety,1,1", "Fire Safety,Fire safety,2,1"),
        (",CSTF,Fire Safety,", ",CSTF,Fire,"),
    ],
)
def test_what_a_number_stands_for_never_changes(
    session: Session, now: datetime, folder: Path, old: str, new: str
) -> None:
    service.load_catalogue(session, now=now)
    edit(folder, "standards.csv", old, new)
    with pytest.raises(StandardChanged, match="FS"):
        service.load_catalogue(session, now=now, data=folder)


def test_a_number_that_is_taken_is_not_given_to_a_new_standard(session: Session, now: datetime, folder: Path) -> None:
    service.load_catalogue(session, now=now)
    edit(folder, "standards.csv", "FS,3,statutory", "FIRE,3,statutory")
    edit(folder, "renewal_rules.csv", "FS,,,24", "FIRE,,,24")
    with pytest.raises(StandardChanged, match="Number 3"):
        service.load_catalogue(session, now=now, data=folder)


def test_a_load_leaves_a_rule_that_was_replaced_as_it_is(session: Session, now: datetime) -> None:
    service.load_catalogue(session, now=now)
    service.change_renewal(
        session, standard_code="FS", months=12, from_on=date(2027, 1, 1), source="Invented circular 1",
        confidence="high", actor="operator", now=now,
    )  # fmt: skip
    report = service.load_catalogue(session, now=now)
    assert (report.added, report.changed, report.version) == ([], [], 2)
    days = session.scalars(
        select(RenewalRule.until_on).join(Standard).where(Standard.code == "FS").order_by(RenewalRule.from_on)
    )
    assert set(days) == {None, date(2026, 12, 31)}


def test_a_load_leaves_the_state_of_a_specification_as_its_owner_set_it(session: Session, now: datetime) -> None:
    service.load_catalogue(session, now=now)
    service.change_specification(
        session, standard_code="MPC-ACUTE-MEDICINE", version="undated", state="candidate", on=date(2026, 8, 1),
        source="Invented minutes", actor="operator", now=now,
    )  # fmt: skip
    assert service.load_catalogue(session, now=now).changed == []
    standard = service.standard_by_code(session, "MPC-ACUTE-MEDICINE")
    state = session.scalar(select(Specification.state).where(Specification.standard_id == standard.id))
    assert state == "candidate"


def test_a_load_that_changes_something_is_in_the_audit_log_once(session: Session, now: datetime) -> None:
    service.load_catalogue(session, now=now)
    service.load_catalogue(session, now=now)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "catalogue.loaded")).all()
    assert [entry.detail["version"] for entry in entries] == [1]
