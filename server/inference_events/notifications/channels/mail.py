"""Mail: text and HTML of a message, with headers into which no line break gets."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from inference_events.catalog.tables import utc_now
from inference_events.notifications.channels import texts
from inference_events.notifications.channels.texts import Content, Message


def mail(message: Message, sender: str, receiver: str) -> EmailMessage:
    """Return a mail. Mails about one alert refer to each other. Raises ValueError for an address that is none."""
    domain = _address(sender).domain
    letter = EmailMessage()
    letter["Subject"] = texts.title(message)
    letter["From"], letter["To"] = _address(sender), _address(receiver)
    letter["Date"] = format_datetime(utc_now())
    letter["Message-ID"] = f"<{message.id}@{domain}>"
    thread = f"<alert-{texts.highest(message.contents)['alert'][:32]}@{domain}>"
    letter["In-Reply-To"] = letter["References"] = thread
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(_text(message))
    letter.add_alternative(_html(message), subtype="html")
    return letter


def _address(text: str) -> Address:
    if any(character in text for character in "\r\n\x00<>,;"):
        raise ValueError("is no mail address")
    return Address(addr_spec=text)


def _text(message: Message) -> str:
    parts = [_paragraph(content) for content in message.contents[: texts.MAX_SHOWN]]
    return "\n\n".join([*parts, *_rest(message), *([message.link] if message.link else [])]) + "\n"


def _paragraph(content: Content) -> str:
    return "\n".join([texts.sentence(content), *(f"  {name}: {value}" for name, value in texts.facts(content))])


def _html(message: Message) -> str:
    parts = [f"<h3>{escape(texts.title(message))}</h3>"]
    for content in message.contents[: texts.MAX_SHOWN]:
        rows = (f"<tr><th align=left>{name}</th><td>{escape(value)}</td></tr>" for name, value in texts.facts(content))
        parts.append(f"<p>{escape(texts.sentence(content))}</p><table>{''.join(rows)}</table>")
    parts += [f"<p>{line}</p>" for line in _rest(message)]
    if message.link:
        parts.append(f'<p><a href="{escape(message.link)}">Open</a></p>')
    return f"<!doctype html><html><body>{''.join(parts)}</body></html>\n"


def _rest(message: Message) -> list[str]:
    left = len(message.contents) - texts.MAX_SHOWN
    return [f"and {left} more"] if left > 0 else []
