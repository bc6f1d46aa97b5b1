"""Background work after an import: passports that say something else now are made again."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from passport import jobs
from passport.awards.models import Award
from passport.db import transaction


@jobs.task("esr.reissue_corrected")
def reissue_corrected(import_id: str) -> None:
    """Ask for new passports for the people of whom an import corrected an award."""
    old, new = aliased(Award), aliased(Award)
    corrected = (
        select(old.person_id)
        .join(new, new.id == old.replaced_by_id)
        .where(old.ending == "corrected", new.import_id == import_id)
        .distinct()
    )
    with transaction() as session:
        for person_id in session.scalars(corrected).all():
            jobs.defer(session, "issuing.reissue", person_id=str(person_id))
