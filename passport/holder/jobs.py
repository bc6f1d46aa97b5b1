"""Background work of the holder's room: stop what was shared, when a passport is recovered for somebody."""

from uuid import UUID

from passport.db import transaction
from passport.holder import sharing
from passport.jobs import task
from passport.web.clock import utc_now


@task("holder.stop_shares")
def stop_shares(person_id: str, actor: str) -> None:
    """Stop every share of a person. Asked for by name where an employer recovers a passport (`staff.claiming`)."""
    with transaction() as session:
        sharing.stop_all(session, person_id=UUID(person_id), actor=actor, now=utc_now())
