"""Find the holders of what an organisation awarded, by the beginning of a name or by a whole passport number."""

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import InstrumentedAttribute

from passport.errors import Invalid
from passport.staff import numbers
from passport.staff.models import Person


def holder(search: str) -> ColumnElement[bool]:
    """Return the condition that a person's name begins so, given or family name first, or that the number is theirs."""
    given, family = Person.given_name, Person.family_name
    return or_(
        begins(given + " " + family, search),
        begins(family + " " + given, search.replace(",", "")),
        Person.passport_number == _number(search),
    )


def begins(name: ColumnElement[str] | InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    """Return the condition that a name begins so, in small letters or capitals.

    The database makes small letters of both sides: Python makes others of a few letters, as of İ.
    """
    pattern = words.replace("/", "//").replace("%", "/%").replace("_", "/_") + "%"
    return func.lower(name).like(func.lower(pattern), escape="/")


def _number(search: str) -> str | None:
    try:
        return numbers.normalise(search)
    except Invalid:
        return None
