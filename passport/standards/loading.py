"""Loads the catalogue's data files (`data/*.csv`) into the tables; may run again and again. Flushes, never commits.

Each row of a file has a key. An unknown key adds a row, a known one is compared and brought up to date, and nothing is
ever removed. What the standard's owner decides in the running service stays as it is: the state of a specification, and
the last day of a renewal rule or of a framework's version that was replaced. A standard's number, and what the number
stands for, never change (`credentials.code_list`): a file that tries is refused as a whole. A source is written by its
name: its code means nothing to who reads the catalogue.

In the order of the code: the report; the load; one table of it; how the rows of each file are read.
"""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport import jobs
from passport.audit import service as audit
from passport.db import Base
from passport.errors import Conflict
from passport.standards.catalogue import publish, take_turn
from passport.standards.changes import REFRESH
from passport.standards.models import (
    Framework,
    FrameworkVersion,
    PracticePillar,
    RecognitionRoute,
    RenewalRule,
    Specification,
    Standard,
    StandardPart,
)

LIST_SEPARATOR: Final = "|"
SOURCES: Final = "sources.csv"
SOURCE: Final = re.compile(r"\bS[0-9]+[a-z]?\b")
SEPARATOR: Final = re.compile(r";\s*")
Line = dict[str, str]
Values = dict[str, Any]


class StandardChanged(Conflict):
    """A number stands for one standard for ever, with its framework, subject, level and variant."""

    code = "standard_changed"
    title = "What a standard's number stands for can't change"


@dataclass(slots=True)
class LoadReport:
    """What a load did: the names of the rows added and changed, how many were as the files say, and the version."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Ids:
    """What stands behind the codes that the files use: ids, and for a source its line in `sources.csv`."""

    frameworks: dict[str, UUID]
    standards: dict[str, UUID]
    sources: dict[str, Line]


@dataclass(frozen=True, slots=True)
class Table:
    """How a file becomes rows.

    `key` names the columns that tell rows apart. `fixed` columns may never change. `first_only` columns are taken from
    the file when the row is added, and belong to the running service from then on.
    """

    file: str
    model: type[Base]
    key: tuple[str, ...]
    read: Callable[[Line, Ids], Values]
    fixed: frozenset[str] = frozenset()
    first_only: frozenset[str] = frozenset()


def load_catalogue(
    session: Session, *, now: datetime, actor: str = "operator", data: Traversable | None = None
) -> LoadReport:
    """Bring the catalogue up to date with the data files.

    Args:
        session: an open transaction.
        now: UTC.
        actor: who acts.
        data: the folder of the files; the ones that ship with the service if left out.

    Raises:
        StandardChanged: the files give a known number or standard another meaning.
    """
    take_turn(session)
    report, folder = LoadReport(), data or files("passport.standards").joinpath("data")
    sources = {line["code"]: line for line in _lines(folder.joinpath(SOURCES))}
    for table in TABLES:
        _load(session, table, _lines(folder.joinpath(f"{table.file}.csv")), sources, report, now)
    report.version = publish(session, now=now)
    if report.added or report.changed:
        detail = {"added": len(report.added), "changed": len(report.changed), "version": report.version}
        audit.record(
            session, actor=actor, organisation_id=None, action="catalogue.loaded", subject="catalogue:all", now=now,
            detail=detail,
        )  # fmt: skip
        jobs.defer_once(session, REFRESH)
    return report


def _load(
    session: Session,
    table: Table,
    lines: Iterable[Line],
    sources: dict[str, Line],
    report: LoadReport,
    now: datetime,
) -> None:
    known = {_key(row, table): row for row in session.scalars(select(table.model))}
    ids = Ids(_ids(session, Framework), _ids(session, Standard), sources)
    for line in lines:
        values, name = table.read(line, ids), f"{table.file}: {', '.join(list(line.values())[: len(table.key)])}"
        row = known.get(tuple(values[column] for column in table.key))
        if row is None:
            session.add(_new(table, values, known.values(), now))
            report.added.append(name)
        elif _update(row, values, table):
            report.changed.append(name)
        else:
            report.unchanged += 1
    session.flush()


def _new(table: Table, values: Values, known: Iterable[Any], now: datetime) -> Base:
    if table.model is Standard and values["number"] in {standard.number for standard in known}:
        raise StandardChanged(f"Number {values['number']} stands for another standard than {values['code']}.")
    stamp = {"recorded_at": now} if table.model is RenewalRule else {}
    return table.model(**values, **stamp)


def _update(row: Base, values: Values, table: Table) -> bool:
    """Bring a row up to date; say whether anything changed."""
    differing = {column for column, value in values.items() if getattr(row, column) != value} - table.first_only
    if differing & table.fixed:
        raise StandardChanged(f"{values['code']} can't change its {', '.join(sorted(differing & table.fixed))}.")
    for column in differing:
        setattr(row, column, values[column])
    return bool(differing)


def _key(row: Any, table: Table) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in table.key)


def _ids(session: Session, model: type[Framework] | type[Standard]) -> dict[str, UUID]:
    return dict(session.execute(select(model.code, model.id)).all())


def _lines(file: Traversable) -> Iterable[Line]:
    return csv.DictReader(file.read_text(encoding="utf-8").splitlines())


def _origin(line: Line, ids: Ids) -> Values:
    return {"source": _in_words(line["source"], ids.sources), "confidence": line["confidence"]}


def _in_words(cited: str, sources: dict[str, Line]) -> str:
    """Return what `S28;S29` cites, by name, and when it was read; what is no code stays as it is."""
    codes = [code for code in SOURCE.findall(cited) if code in sources]
    if not codes:
        return cited
    named = SOURCE.sub(lambda found: sources[found[0]]["name"] if found[0] in sources else found[0], cited)
    read = ", ".join(dict.fromkeys(sources[code]["read"] for code in codes))
    return f"{SEPARATOR.sub('; ', named)} (read {read})"


def _period(line: Line) -> Values:
    return {column: date.fromisoformat(line[column]) if line[column] else None for column in ("from_on", "until_on")}


def _whole_number(cell: str) -> int | None:
    return int(cell) if cell else None


def _list(cell: str) -> list[str]:
    return cell.split(LIST_SEPARATOR) if cell else []


def _framework(line: Line, ids: Ids) -> Values:
    return {"code": line["code"], "title": line["title"], "owner": line["owner"], **_origin(line, ids)}


def _framework_version(line: Line, ids: Ids) -> Values:
    framework_id = ids.frameworks[line["framework"]]
    return {"framework_id": framework_id, "version": line["version"], **_period(line), **_origin(line, ids)}


def _standard(line: Line, ids: Ids) -> Values:
    return {
        "code": line["code"],
        "number": int(line["number"]),
        "kind": line["kind"],
        "framework_id": ids.frameworks[line["framework"]],
        "subject": line["subject"],
        "title": line["title"],
        "level": line["level"] or None,
        "rank": _whole_number(line["rank"]),
        "variant": line["variant"] or None,
        "satisfies": _list(line["satisfies"]),
        "satisfies_source": line["satisfies_source"] or None,
        **_origin(line, ids),
    }


def _part(line: Line, ids: Ids) -> Values:
    return {"standard_id": ids.standards[line["standard"]], "number": int(line["number"]), "title": line["title"]}


def _renewal_rule(line: Line, ids: Ids) -> Values:
    months = _whole_number(line["months"])
    return {"standard_id": ids.standards[line["standard"]], "months": months, **_period(line), **_origin(line, ids)}


def _specification(line: Line, ids: Ids) -> Values:
    return {
        "standard_id": ids.standards[line["standard"]],
        "version": line["version"],
        "state": line["state"] or None,
        "state_as_read": line["state_as_read"] or None,
        **_period(line),
        **_origin(line, ids),
    }


def _pillar(line: Line, ids: Ids) -> Values:
    return {"code": line["code"], "number": int(line["number"]), "title": line["title"], **_origin(line, ids)}


def _route(line: Line, ids: Ids) -> Values:
    return {**_pillar(line, ids), "steps": _list(line["steps"])}


DECIDED_HERE: Final = frozenset(("state", "from_on", "until_on", "source", "confidence"))
TABLES: Final = (
    Table("frameworks", Framework, ("code",), _framework),
    Table(
        "framework_versions", FrameworkVersion, ("framework_id", "version"), _framework_version,
        first_only=frozenset(("until_on",)),
    ),
    Table(
        "standards", Standard, ("code",), _standard,
        fixed=frozenset(("number", "kind", "framework_id", "subject", "level", "variant")),
    ),
    Table("standard_parts", StandardPart, ("standard_id", "number"), _part),
    Table(
        "renewal_rules", RenewalRule, ("standard_id", "from_on"), _renewal_rule, first_only=frozenset(("until_on",))
    ),
    Table("specifications", Specification, ("standard_id", "version"), _specification, first_only=DECIDED_HERE),
    Table("pillars", PracticePillar, ("code",), _pillar),
    Table("routes", RecognitionRoute, ("code",), _route),
)  # fmt: skip
