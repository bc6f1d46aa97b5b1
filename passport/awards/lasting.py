"""When an award stops counting, and whether another one makes that needless: one rule for lists and for reminders.

In SQL, for many people at once, what `passport.holder.standing` says of one passport. In the order of the code: the
rule of each standard on a day; which standard covers which; the last day of an award, which is the end of its
framework's period or the issuer's own last day, whichever comes first; that its holder questioned it; that a newer
version of its framework leaves something open of it; that it is outlasted, because another award of the person lasts
longer and is of the same standard and part, or of a standard that covers it (`credentials.cover`, one step of
`satisfies`); and that a person has something to do. Nothing of it is stored, so a changed rule changes what is found.
It does not matter who issued an award.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from passport.awards.models import Award

SOON: Final = timedelta(days=90)  # time to book a renewal
# Where a newer version of a framework, in force on `:today`, leaves a part or all of the awards of one (`made`) open.
CARRIED_OVER: Final = """
    FROM carry_over k
    JOIN framework_version newer ON newer.id = k.framework_version_id AND newer.from_on <= :today
    JOIN framework_version made ON coalesce(made.from_on, '-infinity') < newer.from_on
    WHERE k.worth <> 'as_before'
"""
# Each begins a statement (WITH) that names the day as `:today`; the expressions below need both.
RULES: Final = f"""
rule AS MATERIALIZED (
    SELECT DISTINCT ON (standard_id) standard_id, months FROM renewal_rule
    WHERE (from_on IS NULL OR from_on <= :today) AND (until_on IS NULL OR until_on >= :today)
    ORDER BY standard_id, from_on DESC NULLS LAST
),
cover AS MATERIALIZED (
    SELECT held.id AS held_id, needed.id AS needed_id, rule.months FROM standard held
    JOIN standard needed ON needed.id = held.id OR needed.code = ANY (held.satisfies)
    LEFT JOIN rule ON rule.standard_id = held.id
),
left_open AS MATERIALIZED (
    SELECT DISTINCT k.standard_id, made.id AS framework_version_id {CARRIED_OVER}
)
"""  # noqa: S608 (our own text)


def last_day(award: str, rule: str) -> str:
    """Return the expression of an award's last day, null where nobody has set one.

    Args:
        award: the name of its row.
        rule: the name of the row with the months of its standard, null for no period.
    """
    return f"least(({award}.awarded_on + make_interval(months => {rule}.months))::date, {award}.valid_until)"


def is_disputed(award: str) -> str:
    """Return the condition that the holder of an award questioned it, and nobody has answered."""
    return f"EXISTS (SELECT FROM award_dispute d WHERE d.award_id = {award}.id AND d.answered_at IS NULL)"


def is_left_open(award: str) -> str:
    """Return the condition that a newer version of the framework leaves a part or all of an award open.

    It is `credentials.catalogue.Standard.carried_over`, for the day `:today`.
    """
    return f"({award}.standard_id, {award}.framework_version_id) IN (SELECT * FROM left_open)"  # noqa: S608 (our own names)


def is_outlasted(award: str, last_on: str) -> str:
    """Return the condition that another award makes it needless to renew one.

    Args:
        award: the name of a row with `id`, `person_id`, `standard_id` and `part`.
        last_on: the expression of its last day.
    """
    return f"""EXISTS (
        SELECT FROM award b JOIN cover v ON v.held_id = b.standard_id
        WHERE b.person_id = {award}.person_id AND v.needed_id = {award}.standard_id
        AND b.ended_at IS NULL AND b.id <> {award}.id
        AND b.part = CASE WHEN v.held_id = v.needed_id THEN {award}.part ELSE 0 END
        AND (coalesce({last_day("b", "v")}, 'infinity'), b.awarded_on, b.id)
            > (coalesce({last_on}, 'infinity'), {award}.awarded_on, {award}.id)
        AND NOT {is_disputed("b")} AND NOT {is_left_open("b")}
    )"""


_last_on: Final = last_day("c", "r")
# Of an award without a last day nothing more is asked: IS TRUE, for the database goes on after an unknown.
_NEEDS_ACTION: Final = f"""EXISTS (
    WITH {RULES}
    SELECT FROM award c LEFT JOIN rule r ON r.standard_id = c.standard_id
    WHERE c.person_id = person.id AND c.ended_at IS NULL
    AND ((({_last_on} <= :soon) IS TRUE OR {is_left_open("c")}) AND NOT {is_outlasted("c", _last_on)}
        OR {is_disputed("c")})
)"""
_LASTING: Final = text(f"""
    WITH {RULES}
    SELECT c.id, {_last_on}, c.ended_at IS NULL AND NOT {is_disputed("c")} AND {is_outlasted("c", _last_on)}
    FROM award c LEFT JOIN rule r ON r.standard_id = c.standard_id WHERE c.person_id = ANY (:people)
""")  # noqa: S608
_LAST_DAY: Final = text(f"""
    WITH {RULES}
    SELECT {last_day("a", "r")} FROM (
        SELECT CAST(:standard AS uuid) AS standard_id, CAST(:awarded AS date) AS awarded_on,
               CAST(:until AS date) AS valid_until
    ) a LEFT JOIN rule r USING (standard_id)
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long an award counts. `last_on` None: nobody has set an end. `outlasted`: another one makes it needless."""

    last_on: date | None
    outlasted: bool


def needs_action(today: date) -> TextClause:
    """Return the condition on `person` that its holder's page names something to do: see `holder.standing`.

    Args:
        today: the day to count from.
    """
    return text(_NEEDS_ACTION).bindparams(today=today, soon=today + SOON)


def of_people(session: Session, person_ids: Collection[UUID], *, today: date) -> dict[UUID, Lasting]:
    """Return how long every award of some people counts, by the award's id."""
    rows = session.execute(_LASTING, {"people": list(person_ids), "today": today})
    return {award_id: Lasting(last_on, outlasted) for award_id, last_on, outlasted in rows}


def last_day_of(session: Session, award: Award, *, today: date) -> date | None:
    """Return the last day of one award, which need not be on record yet; None where nobody has set one."""
    facts = {"standard": award.standard_id, "awarded": award.awarded_on, "until": award.valid_until}
    last_on: date | None = session.scalar(_LAST_DAY, facts | {"today": today})
    return last_on
