"""Which caller each route asks for, stated at the route itself.

Every view carries exactly one rule: `requires(scope)` or `public`. The edge enforces it before the view runs
(`passport.web.api`), and a test fails for a view without one. How a caller is recognised is not known here:
`create_app` hands the edge a function for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from flask import g

from passport.errors import Unauthenticated

View = TypeVar("View", bound=Callable[..., object])
RULE = "access_rule"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks of its caller: a scope, or nothing (`scope` None)."""

    scope: str | None


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


def requires(scope: str) -> Callable[[View], View]:
    """State that a route is for callers whose token has this scope."""
    return _state(Rule(scope))


def public(view: View) -> View:
    """State that a route is for everybody."""
    return _state(Rule(None))(view)


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


def _state(rule: Rule) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, RULE, rule)
        return view

    return mark
