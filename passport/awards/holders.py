"""Find the holders of what an organisation awarded, by the beginning of a name or by a whole passport number."""

from sqlalchemy import ColumnElement, func, or_

from passport.errors import Invalid
from passport.staff import numbers
from passport.staff.models import Person


def holder(search: str) -> ColumnElement[bool]:
    """Return the condition that a person's name begins so, given or family name first, or that the number is theirs."""
    words, given, family = search.lower(), func.lower(Person.given_name), func.lower(Person.family_name)
    return or_(
        (given + " " + family).startswith(words, autoescape=True),
        (family + " " + given).startswith(words.replace(",", ""), autoescape=True),
        Person.passport_number == _number(search),
    )


def _number(search: str) -> str | None:
    try:
        return numbers.normalise(search)
    except Invalid:
        return None
