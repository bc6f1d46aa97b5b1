"""Lists of providers: where each stands now, whose review is due, and the directory that everybody reads.

Statements only, for the edge to page. Applications are nothing yet and stay inside, as in the trust list. In the order
of the code: the newest state of each provider towards each standard; those whose review is due; the directory.
"""

from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.standards.accreditation import MAY_AWARD, holds_on
from passport.standards.models import Accreditation, Standard

INSIDE = "applied"
Listed = Select[Accreditation, Organisation, Standard]


def standings() -> Listed:
    """Return the statement that lists the newest state of each provider towards each standard."""
    later = aliased(Accreditation)
    superseded = select(later.id).where(
        later.organisation_id == Accreditation.organisation_id,
        later.standard_id == Accreditation.standard_id,
        later.from_on > Accreditation.from_on,
    )
    return _with_names().where(~superseded.exists())


def due_for_review(by: date) -> Listed:
    """Return the statement that lists the approvals whose review is due on a day or before."""
    due = standings().where(Accreditation.state.in_(MAY_AWARD), Accreditation.review_due_on <= by)
    return due.where(or_(Accreditation.until_on.is_(None), Accreditation.until_on >= Accreditation.review_due_on))


def directory(on: date) -> Listed:
    """Return the statement that lists who may award what on a day, and who is suspended."""
    listed = _with_names().where(holds_on(on), Accreditation.state.in_((*MAY_AWARD, "suspended")))
    return listed.where(organisations.open_on(on))


def matching(statement: Listed, words: str) -> Listed:
    """Narrow a list of this module to providers and standards whose name or code holds what was searched for."""
    sought = words.lower()
    columns = (Organisation.name, Organisation.ods_code, Standard.title, Standard.code)
    return statement.where(or_(*(func.lower(column).contains(sought, autoescape=True) for column in columns)))


def _with_names() -> Listed:
    return (
        select(Accreditation, Organisation, Standard)
        .join(Organisation, Organisation.id == Accreditation.organisation_id)
        .join(Standard, Standard.id == Accreditation.standard_id)
    )
