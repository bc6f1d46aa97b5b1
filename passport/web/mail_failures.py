"""How a letter can fail: the server does not take it now, or will never take it. Neither names address or text."""

from passport.errors import Invalid, Unavailable


class MailUnavailable(Unavailable):
    """The mail server did not take the letter. Trying again later can help."""

    code = "mail_unavailable"
    title = "The mail server does not answer"


class MailRefused(Invalid):
    """The mail server refused this letter for good: its address does not exist, or its content is not taken."""

    code = "mail_refused"
    title = "The mail server refused the letter"
