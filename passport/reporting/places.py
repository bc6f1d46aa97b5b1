"""Who stands where, and what that lets them see. Reads only.

The hierarchy is that of the organisations' parents: national, region, ICB, organisation. National bodies stand for the
whole country and are no step of it. In the order of the code: a place; the tree; from where somebody looks. National
viewers (anybody of the Academy or of a national body, the registrar) see everything, a region or an ICB sees what is
below it, and any other organisation sees its own row, exactly.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.errors import NotFound
from passport.organisations.models import Organisation

NATIONAL: Final = "national"
COUNTRY_KINDS: Final = ("national_body", "academy")
COUNTRY_ROLES: Final = ("registrar",)  # officers of providers have the role `academy` too
SYSTEM_KINDS: Final = ("region", "icb")
# Those that are listed where nobody counts there too.
LISTED_KINDS: Final = ("region", "icb", "nhs_trust")


class PlaceNotFound(NotFound):
    """There is no such place, or it is not below the caller's own."""

    code = "place_not_found"
    title = "There is no such place below your organisation"


@dataclass(frozen=True, slots=True)
class Place:
    """A region, an ICB or an organisation; the whole country has no id."""

    id: UUID | None
    code: str
    name: str
    kind: str
    parent_id: UUID | None


WHOLE_COUNTRY: Final = Place(None, NATIONAL, "England", NATIONAL, None)


@dataclass(frozen=True, slots=True)
class Places:
    """All places, as a tree whose root is the whole country."""

    by_id: Mapping[UUID | None, Place]
    below: Mapping[UUID | None, Sequence[Place]]

    def children(self, place: Place) -> Sequence[Place]:
        """Return the places directly below one, by name."""
        return self.below.get(place.id, ())

    def organisations(self, place: Place) -> Iterator[UUID]:
        """Give the ids of a place and of everything below it; national bodies are below the whole country."""
        if place.id is not None:
            yield place.id
        else:
            yield from (each.id for each in self.by_id.values() if each.id and each.kind in COUNTRY_KINDS)
        for child in self.children(place):
            yield from self.organisations(child)

    def way(self, place: Place, *, top: Place) -> list[Place]:
        """Return the places from the top down to one, both included."""
        steps = [place]
        while steps[0] != top and steps[0].id is not None:
            steps.insert(0, self.by_id[steps[0].parent_id])
        return steps

    def find(self, code: str, *, top: Place) -> Place:
        """Return the place with a code, at or below the top.

        Raises:
            PlaceNotFound: there is none, or it is elsewhere: both look the same.
        """
        found = next((each for each in self.by_id.values() if each.code == code), None)
        if found is None or self.way(found, top=top)[0] != top:
            raise PlaceNotFound
        return found


@dataclass(frozen=True, slots=True)
class View:
    """From where somebody looks. `own` is the organisation whose own row they see exactly, None for no such."""

    top: Place
    own: UUID | None
    is_national: bool


def tree(session: Session) -> Places:
    """Return all places."""
    columns = (Organisation.id, Organisation.ods_code, Organisation.name, Organisation.kind, Organisation.parent_id)
    rows = session.execute(select(*columns).order_by(Organisation.name, Organisation.ods_code)).all()
    country = {row.id for row in rows if row.kind in COUNTRY_KINDS}
    found: dict[UUID | None, Place] = {None: WHOLE_COUNTRY}
    below: dict[UUID | None, list[Place]] = defaultdict(list)
    for row in rows:
        parent = None if row.parent_id in country else row.parent_id
        place = Place(row.id, row.ods_code, row.name, row.kind, parent)
        found[row.id] = place
        if row.id not in country:
            below[parent].append(place)
    return Places(found, below)


def view(places: Places, organisation_id: UUID, *, role: str | None = None) -> View:
    """Return from where somebody of an organisation looks.

    Args:
        places: all places.
        organisation_id: for whom they act.
        role: their role on pages; None for a program.
    """
    own = places.by_id[organisation_id]
    if own.kind in COUNTRY_KINDS or role in COUNTRY_ROLES:
        return View(WHOLE_COUNTRY, None, is_national=True)
    return View(own, own.id, is_national=False)
