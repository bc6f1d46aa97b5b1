"""The kinds of failure that the service knows. A room's own errors subclass one of them in its `service.py`.

A kind has no HTTP status: the edge alone (`passport.web`) translates kinds, for JSON, for OAuth and for people. Every
error has a stable `code`, a `title` that fits any case of it, and a `detail` that helps with this one. None holds
personal data, because they are shown and logged.
"""

from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input: where (a JSON pointer, or a column name) and what was expected."""

    pointer: str
    message: str


class PassportError(Exception):
    """The root of all kinds.

    Args:
        detail: one sentence on this case: what was expected and what to do. Without personal data.
    """

    code: ClassVar[str] = "failed"
    title: ClassVar[str] = "The request failed"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail or f"{self.title}."


class NotFound(PassportError):
    """There is no such thing, or the caller may not know that there is: both look the same."""

    code = "not_found"
    title = "Not found"


class Conflict(PassportError):
    """The state of the registry doesn't allow it. `constraint` names the database rule that a subclass stands for."""

    code = "conflict"
    title = "Conflict with the current state"
    constraint: ClassVar[str | None] = None


class Invalid(PassportError):
    """The input is understood but wrong. `faults` names each place."""

    code = "invalid"
    title = "The input is not valid"

    def __init__(self, detail: str = "", faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail)
        self.faults = faults

    @classmethod
    def at(cls, pointer: str, message: str) -> Self:
        """Return the error about one place of the input, to be raised.

        Args:
            pointer: a JSON pointer, or a column name.
            message: what was expected there, in one sentence.
        """
        return cls(message, (Fault(pointer, message),))


class Forbidden(PassportError):
    """The caller is known and may not do this."""

    code = "forbidden"
    title = "You may not do this"


class Unauthenticated(PassportError):
    """The caller is not known."""

    code = "unauthenticated"
    title = "Sign in first"


class Gone(PassportError):
    """There was such a thing, and it is over: a share that ended, an invitation that was used."""

    code = "gone"
    title = "This is over"


class TooMany(PassportError):
    """The caller asks too often. `retry_after` is in whole seconds."""

    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, detail: str = "", retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(PassportError):
    """A part that is needed does not answer just now. Trying again later can help."""

    code = "unavailable"
    title = "Not available just now"
