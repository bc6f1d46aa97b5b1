"""Background work of imports: files that were confirmed are imported; passports that say something else now are made
again; files that wait too long go.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from passport import jobs
from passport.awards.models import Award
from passport.db import transaction
from passport.esr import confirmed, uploads
from passport.signing import keyring
from passport.web.clock import utc_now


@jobs.task("esr.import_confirmed")
def import_confirmed(import_id: str) -> None:
    """Import a file that somebody checked and confirmed."""
    confirmed.run(UUID(import_id), home=keyring.current().settings.home, now=utc_now())


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


@jobs.task("esr.forget_uploads", cron="*/10 * * * *")
def forget_uploads(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Drop the files that were checked and not imported within the hour."""
    uploads.forget_old(keyring.current().settings.home, now=utc_now())
