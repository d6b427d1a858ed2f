"""Hand a mail over to the mail server."""

import smtplib
import ssl
from email.message import EmailMessage

from inference_events.notifications.http_client import TIMEOUT_SECONDS, NoReply
from inference_events.notifications.settings import MailServer

# Responses by which a server refuses a mail for good (RFC 5321).
_FINAL = range(500, 600)


def send_mail(server: MailServer, letter: EmailMessage) -> None:
    """Send a mail. Raises NoReply, which shows nothing that the server sent."""
    try:
        with _connect(server) as connection:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise NoReply("the mail server refused the receiver", is_final=all(code in _FINAL for code in codes)) from None
    except smtplib.SMTPAuthenticationError:
        raise NoReply("the mail server refused the user or the password") from None
    except smtplib.SMTPResponseException as error:
        raise NoReply(f"the mail server responded {error.smtp_code}") from None
    except ssl.SSLCertVerificationError:
        raise NoReply("the mail server's certificate is not trusted") from None
    except (smtplib.SMTPException, OSError):
        raise NoReply("the mail server did not respond") from None


def _connect(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.is_tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=context)
        elif server.user:
            raise NoReply("the mail server offers no TLS, so it gets no password")
    except BaseException:
        connection.close()
        raise
    return connection
