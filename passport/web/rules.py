"""Who may use each route, stated at the route itself.

Every view carries exactly one rule: `requires(scope)` for programs, `signed_in` or `for_role(...)` for people on pages,
or `public`. The edge enforces it before the view runs (`passport.web.edge`), and a test fails for a view without one.
How a caller or a visitor is recognised is not known here: `create_app` hands the edge a function for each.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from flask import current_app, g

from passport.errors import Unauthenticated

View = TypeVar("View", bound=Callable[..., object])
RULE = "access_rule"
RECOGNISE_VISITOR: Final = "recognise_visitor"  # where `create_app` puts the function that knows the sessions

STANDARDS_BODY: Final = "academy"  # the kind of organisation that owns the standards and approves providers

# What people can be, with the words that pages use. A person may be several and is one at a time.
ROLES: Final = {
    "staff": "Member of staff",
    "hr": "Workforce team",
    "ward_manager": "Receiving manager",
    "registrar": "Registrar",
    "academy": "Academy officer",
    "planner": "Workforce planner",
    "auditor": "Auditor",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks: a program's scope, or one of these roles of a person, or nothing (both None).

    `kind` is the kind of organisation at which the role must be held; None: any.
    """

    scope: str | None = None
    roles: frozenset[str] | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling: a program that acts for one organisation."""

    client_id: str
    organisation_id: UUID
    ods_code: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """The caller's name in the audit log."""
        return f"client:{self.client_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is signed in: a person in one role at one organisation. `person_id` is the person's own passport record.

    `strong` says that a second factor was used, and `message` is a sentence that waits to be shown.
    """

    session_id: UUID
    account_id: UUID
    name: str
    role: str
    organisation_id: UUID
    ods_code: str
    organisation_name: str
    organisation_kind: str
    person_id: UUID | None = None
    several_roles: bool = False
    strong: bool = False
    signed_in_at: datetime
    message: str | None = None

    @property
    def actor(self) -> str:
        """The visitor's name in the audit log."""
        return f"account:{self.account_id}"

    @property
    def role_name(self) -> str:
        """The role in words."""
        return ROLES[self.role]


def requires(scope: str) -> Callable[[View], View]:
    """State that a route is for callers whose token has this scope."""
    return _state(Rule(scope=scope))


def for_role(*roles: str) -> Callable[[View], View]:
    """State that a page is for people who are signed in as one of these roles.

    Raises:
        ValueError: there is no such role.
    """
    if unknown := set(roles) - ROLES.keys():
        raise ValueError(f"unknown roles: {', '.join(sorted(unknown))}")
    return _state(Rule(roles=frozenset(roles)))


def for_standards_body(view: View) -> View:
    """State that a page is for officers of the standards body.

    Officers of approved providers have the same role, for their credentials; they approve nobody, themselves least.
    """
    return _state(Rule(roles=frozenset(("academy",)), kind=STANDARDS_BODY))(view)


def is_of_standards_body(known: Visitor) -> bool:
    """Say whether somebody is an officer of the standards body."""
    return (known.role, known.organisation_kind) == ("academy", STANDARDS_BODY)


def signed_in(view: View) -> View:
    """State that a page is for everybody who is signed in."""
    return _state(Rule(roles=frozenset(ROLES)))(view)


def public(view: View) -> View:
    """State that a route is for everybody."""
    return _state(Rule())(view)


def rule_of(view: Callable[..., object]) -> Rule | None:
    """Return the rule that a view states, None when it states none."""
    return getattr(view, RULE, None)


def caller() -> Caller:
    """Return who is calling the current request.

    Raises:
        Unauthenticated: the route is public, so nobody was recognised.
    """
    known = g.get("caller")
    if not isinstance(known, Caller):
        raise Unauthenticated
    return known


def visitor() -> Visitor:
    """Return who is signed in on the current page.

    Raises:
        Unauthenticated: nobody is, or the page is public and did not ask.
    """
    known = g.get("visitor")
    if not isinstance(known, Visitor):
        raise Unauthenticated
    return known


def visitor_if_any() -> Visitor | None:
    """Return who is signed in, also on a public page; None where nobody is."""
    if "visitor" not in g:
        recognise: Callable[[], Visitor | None] = current_app.extensions[RECOGNISE_VISITOR]
        g.visitor = recognise()
    known: Visitor | None = g.visitor
    return known


def _state(rule: Rule) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, RULE, rule)
        return view

    return mark
