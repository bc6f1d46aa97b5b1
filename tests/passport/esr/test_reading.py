"""Files as a whole: encodings, headers, workbooks, and every fault that refuses all of a file and writes nothing."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import func, select

from passport.awards.models import Award
from passport.errors import Invalid
from passport.esr import reading
from passport.esr.models import EsrImport
from passport.esr.reading import BULK_HEADER
from passport.staff.models import Person
from tests.esr_files import ROW, Employer, bulk

HEADER = ",".join(BULK_HEADER).encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_names_of_every_script_come_in_utf_8(trust: Employer, encoding: str) -> None:
    trust.take(bulk({"First Name": "Łukasz", "Last Name": "O’Neill-Σωκράτης"}, encoding=encoding))
    person = trust.session.scalars(select(Person)).one()
    assert (person.given_name, person.family_name) == ("Łukasz", "O’Neill-Σωκράτης")


def test_a_file_that_is_not_utf_8_is_read_as_windows_1252(trust: Employer) -> None:
    trust.take(bulk({"First Name": "Zoé", "Last Name": "O’Neill"}, encoding="cp1252"))
    person = trust.session.scalars(select(Person)).one()
    assert (person.given_name, person.family_name) == ("Zoé", "O’Neill")


def test_columns_may_stand_in_any_order(trust: Employer) -> None:
    assert trust.outcomes(bulk({}, header=tuple(reversed(BULK_HEADER)))) == ["new"]


def test_a_quoted_cell_may_hold_commas_and_line_ends_and_keeps_the_rows_counted(trust: Employer) -> None:
    rows = bulk(
        {"Competency Name": "457|LOCAL|Fire, first\r\nfloor|"},
        {"Competency Name": "NHS|CSTF|Health, Safety and Welfare|"},
        {"Date Awarded": ""},
    )
    assert trust.outcomes(rows) == ["local", "new", "refused date_missing"]


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"", "file", "empty"),
        (HEADER.replace(b"VPD", b"V\0PD"), "file", "NUL"),
        (bulk({}).decode().encode("utf-16"), "file", "UTF-16"),
        (HEADER + b"\r\n\xc3\x28\x81", "file", "Windows-1252"),
        (HEADER.replace(b",Assessed", b""), "line 1, column Assessed", "missing"),
        (HEADER.replace(b"VPD", b"Wage"), "line 1, column 1", "not one of this layout"),
        (HEADER + b",VPD", "line 1, column VPD", "twice"),
        (HEADER.replace(b",", b";"), "line 1, column 1", "not one of this layout"),
        (HEADER + b'\r\n"457,x\r\n', "line 2", "quotes"),
        (HEADER + b'\r\n457,"a"b,\r\n', "line 2", "quotes"),
        (HEADER + b"\r\n" + b"x" * 200_000, "line 2", "A cell holds more than 131,072 characters"),
        (HEADER + b'\r\n"' + b"x\r\n" * 50_000, "line 43692", "or a quote is never closed"),
        (b"\r\n" + HEADER, "line 1, column VPD", "missing"),
        (b"PK\x03\x04 and then no archive", "file", "damaged"),
    ],
)
def test_a_fault_of_the_file_refuses_all_of_it(trust: Employer, content: bytes, place: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        trust.take(content)
    (fault,) = refused.value.faults
    assert (refused.value.code, fault.pointer) == ("esr_file_invalid", place)
    assert words in fault.message
    assert trust.session.scalar(select(func.count()).select_from(EsrImport)) == 0


def test_a_wrong_header_is_told_which_columns_there_are(trust: Employer) -> None:
    with pytest.raises(Invalid, match="Assignment Number, First Name"):
        trust.take(HEADER.replace(b"VPD", b"Wage"))


def test_a_fault_at_the_end_takes_back_what_came_before(trust: Employer) -> None:
    trust.session.commit()
    with pytest.raises(Invalid):
        trust.take(bulk({}) + b'"broken')
    trust.session.rollback()
    assert trust.session.scalar(select(func.count()).select_from(Person)) == 0


def test_a_file_with_too_many_bytes_is_refused(trust: Employer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 300)
    with pytest.raises(Invalid, match="larger than"):
        trust.take(bulk({}, {}, {}))


@pytest.mark.parametrize("last", [{}, {"Expiry Date": "01-Mar-2026"}, {"Date Awarded": "soon"}])
def test_a_file_with_too_many_rows_is_refused_whatever_they_say(
    trust: Employer, monkeypatch: pytest.MonkeyPatch, last: dict[str, str]
) -> None:
    monkeypatch.setattr("passport.esr.rows.MAX_ROWS", 2)
    assert trust.take(bulk({}, last)).row_count == 2
    with pytest.raises(Invalid, match="more than 2 rows"):
        trust.take(bulk({}, {}, last))


def test_a_header_alone_is_an_import_of_nothing(trust: Employer) -> None:
    imported = trust.take(HEADER)
    assert (imported.row_count, trust.report(imported)) == (0, [])


def workbook(fill: Callable[[Worksheet], object]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    fill(book.active)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_workbook_is_read_like_a_csv_file(trust: Employer) -> None:
    typed: dict[str, object] = ROW | {"Date Awarded": datetime(2026, 3, 2), "Date of Birth": date(1990, 2, 3)}  # noqa: DTZ001 (a sheet's own)
    typed |= {"Assignment Number": 30000001, "Assessed": True, "Last Name": "O’Neill-Łukasz"}

    def fill(sheet: Worksheet) -> None:
        sheet.append(BULK_HEADER)
        sheet.append([typed.get(name, "") for name in BULK_HEADER])
        sheet.append([])
        sheet.append([{**typed, "Date Awarded": "nonsense"}.get(name, "") for name in BULK_HEADER])

    assert trust.outcomes(workbook(fill)) == ["new", "refused date_form"]
    award = trust.session.scalars(select(Award)).one()
    assert (award.awarded_on, award.assessed) == (date(2026, 3, 2), True)
    assert trust.outcomes(bulk({"Last Name": "O’Neill-Łukasz", "Assessed": "Yes"})) == ["unchanged"]


@pytest.mark.parametrize("cell", ["AA1", "XFD1048576", "A100000", "B1048576"])
def test_a_cell_far_out_is_refused_before_space_is_allotted_for_it(trust: Employer, cell: str) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(BULK_HEADER)
        sheet[cell] = "x"

    with pytest.raises(Invalid, match="CSV UTF-8"):
        trust.take(workbook(fill))


def changed(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a workbook with its members changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return made.getvalue()


def sheet_with(xml: bytes) -> bytes:
    small = workbook(lambda sheet: sheet.append(BULK_HEADER))
    return changed(
        small, lambda name, old: old.replace(b"</sheetData>", xml + b"</sheetData>") if "sheet1" in name else old
    )


@pytest.mark.parametrize(
    "xml",
    [
        b"<row>" + b"<c/>" * 100 + b"</row>",
        b'<row r="2"><c t="str" r="ZZ2"><v>x</v></c></row>',
        b"<row r='2'><c r='A9999999'/></row>",
        b'<row r="2"><x:c r="XFD2"/></row>',
        b"<row/>" * 100_001,
        b'<row r="2"><c t="x r=&quot;A1&quot;" s="1"/></row>',
    ],
    ids=["cells without a place", "far right", "far down", "in a namespace", "rows without end", "a place in disguise"],
)
def test_cells_and_rows_without_bound_are_refused(trust: Employer, xml: bytes) -> None:
    with pytest.raises(Invalid, match="CSV UTF-8"):
        trust.take(sheet_with(xml))


def test_an_archive_that_unfolds_without_bound_is_refused(trust: Employer) -> None:
    bomb = sheet_with(b" " * 160_000_000)
    assert len(bomb) < 200_000
    with pytest.raises(Invalid, match="too large when unpacked"):
        trust.take(bomb)


def test_an_archive_that_lies_about_its_size_is_refused(trust: Employer) -> None:
    honest = sheet_with(b" " * 50_000)
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = honest.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lying != honest
    with pytest.raises(Invalid, match="damaged"):
        trust.take(lying)


def test_a_workbook_without_a_sheet_is_refused(trust: Employer) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(Invalid, match="can't be read"):
        trust.take(content.getvalue())


def test_a_formula_comes_as_the_value_that_was_saved_and_is_never_computed(trust: Employer) -> None:
    row = ROW | {"First Name": '=HYPERLINK("http://example.invalid")'}

    def fill(sheet: Worksheet) -> None:
        sheet.append(BULK_HEADER)
        sheet.append([row.get(name, "") for name in BULK_HEADER])

    assert trust.outcomes(workbook(fill)) == ["set_aside person_unknown"]
