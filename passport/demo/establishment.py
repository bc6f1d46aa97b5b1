"""What the invented ICB requires of the organisations below it: a file, uploaded as its planner would.

Required is what an organisation has in the invented staff and some more, so that the audit of gaps has gaps.
"""

import csv
import io
from collections import Counter
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.demo.invented_staff import staff
from passport.organisations import service as organisations
from passport.reporting import establishment, establishment_file
from passport.reporting import service as reporting
from passport.reporting.models import Establishment

ICB: Final = "XQ1"
LEAST: Final = 8  # smaller groups are planned together, not one by one
SHARE: Final = (1.25, 1.1, 1.0, 1.4)  # of what an organisation has, by turns


def fill(session: Session, *, actor: str, today: date, now: datetime) -> bool:
    """Upload the file, unless the ICB has an establishment; return whether it had none."""
    icb = organisations.by_ods(session, ICB)
    if session.scalar(select(Establishment.id).where(Establishment.organisation_id == icb.id).limit(1)):
        return False
    asked = reporting.ask(session, icb.id)
    below = {asked.places.by_id[each].code for each in asked.places.organisations(asked.place)}
    lines = establishment_file.read(session, asked, _file(below, today))
    establishment.keep(session, asked, lines, from_on=today, actor=actor, now=now)
    return True


def _file(below: set[str], today: date) -> bytes:
    people, _ = staff(today=today)
    held = Counter((one.employer, one.profession) for one in people if one.role == "advanced" and one.employer in below)
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(establishment_file.COLUMNS)
    for turn, ((employer, profession), count) in enumerate(sorted(held.items())):
        if count >= LEAST:
            out.writerow((employer, profession, round(count * SHARE[turn % len(SHARE)])))
    return text.getvalue().encode("utf-8")
