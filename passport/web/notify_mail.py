"""Letters through GOV.UK Notify, where the setting `PASSPORT_MAIL` is `notify:TEMPLATE_ID`.

The template belongs to whoever runs the service and has two places: `((subject))` as its subject, `((text))` as its
body. The client is an optional extra (`pip install staff-passport[notify]`), so it is imported when a letter is sent.
It would log what Notify answered, which may quote the letter: its logger is kept silent.
"""

import importlib
import logging
from email.message import EmailMessage
from typing import Any, Final

from passport.web.mail_failures import MailRefused, MailUnavailable

NOTIFY: Final = "https://api.notifications.service.gov.uk"
ANSWERS_WITHIN: Final = 20  # seconds
REFUSED_FOR_GOOD: Final = 400  # a letter that Notify does not take; 403 and 429 are ours to mend, 5xx is Notify's
LIBRARY: Final = "notifications_python_client"


def submit(letter: EmailMessage, *, template: str, key: str, base_url: str = NOTIFY) -> None:
    """Hand a letter to GOV.UK Notify.

    Args:
        letter: with `To`, `Subject` and a plain text; its `Message-ID` becomes Notify's reference.
        template: the id of the template.
        key: the API key, `name-service-secret`.
        base_url: where Notify is.

    Raises:
        MailUnavailable: Notify did not take it now, or the extra is not installed.
        MailRefused: Notify will never take it.
    """
    client = _library("notifications").NotificationsAPIClient(key, base_url=base_url, timeout=ANSWERS_WITHIN)
    errors = _library("errors")
    try:
        client.send_email_notification(
            email_address=letter["To"],
            template_id=template,
            personalisation={"subject": letter["Subject"], "text": letter.get_content()},
            reference=letter["Message-ID"],
        )
    except errors.HTTPError as error:
        if error.status_code == REFUSED_FOR_GOOD:
            raise MailRefused from None  # its text may quote the letter
        raise MailUnavailable("The letter is sent again later.") from None
    except errors.InvalidResponse:
        raise MailUnavailable("The letter is sent again later.") from None
    finally:
        client.request_session.close()


def _library(module: str) -> Any:
    logging.getLogger(LIBRARY).setLevel(logging.CRITICAL)
    try:
        return importlib.import_module(f"{LIBRARY}.{module}")
    except ImportError:
        raise MailUnavailable("Install the extra `notify`: pip install staff-passport[notify]") from None
