"""Each channel shows names as they are: no link, no mention, no markup and no header of a user's making."""

import hashlib
import hmac
import json
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from inference_events.notifications.channels import mail, pagerduty, signed_json, slack, teams
from inference_events.notifications.channels.texts import title
from tests.notifications.judgements import RULE, message

EVIL = (
    "<!channel> <https://evil.example|x> *b* _i_ `c` [a](https://evil.example) & <script>\r\nBcc: all@example.com"
    "\x00\u202e"
)
EVIL_RULE = replace(RULE, name=EVIL, model_name=EVIL, project_name=EVIL, metric_name=EVIL, segment_name=EVIL)
HOSTILE = message({"message": EVIL, "column": EVIL}, rule=EVIL_RULE)
SENDER, RECEIVER = "alerts@example.com", "me@example.org"


def test_the_title_says_what_happened() -> None:
    """One alert is named by its rule, several by their number and the highest severity; a withdrawn one is resolved."""
    assert title(message()) == "[CRITICAL] late flights - delays"
    assert title(message({"severity": "WARNING"}, {}, {"severity": "DEFAULT"})) == "[CRITICAL] 3 alerts - delays"
    assert title(message({"severity": "DEFAULT", "previous_severity": "WARNING"})) == "[RESOLVED] late flights - delays"


def test_slack_gets_blocks() -> None:
    """A message has a fallback text, a header, a section per alert and a button with the link."""
    body = slack.body(message({}, {"column": "age"}, link="https://events.example.com"))
    assert body["text"] == "[CRITICAL] 2 alerts - delays"
    assert [block["type"] for block in body["blocks"]] == ["header", "section", "section", "actions"]
    fields = [field["text"] for field in body["blocks"][2]["fields"]]
    assert "*Column*\nage" in fields
    assert "*Value*\n0.41" in fields
    assert len(fields) <= 10
    assert body["blocks"][3]["elements"][0]["url"] == "https://events.example.com"


def test_slack_shows_names_as_they_are() -> None:
    """Neither mentions nor links nor formatting survive."""
    body = slack.body(HOSTILE)
    marked = json.dumps([body["text"], [block for block in body["blocks"] if block["type"] == "section"]])
    assert "<" not in marked
    assert ">" not in marked
    assert "&lt;!channel&gt;" in marked
    assert slack.escape("*b* _i_ `c` ~s~").replace("\u2060", "") == "*b* _i_ `c` ~s~"
    assert all(f"\u2060{mark}" in slack.escape(mark) for mark in "*_~`")


def test_teams_gets_the_card_of_its_host() -> None:
    """Workflows get an adaptive card, the older connectors a message card."""
    adaptive = teams.body(message(link="https://events.example.com"), "prod-1.westeurope.logic.azure.com")
    card = adaptive["attachments"][0]["content"]
    assert (adaptive["type"], card["type"], card["version"]) == ("message", "AdaptiveCard", "1.4")
    assert {"title": "Value", "value": "0\\.41"} not in card["body"][2]["facts"]
    assert {"title": "Value", "value": "0.41"} in card["body"][2]["facts"]
    assert card["actions"][0]["url"] == "https://events.example.com"
    assert teams.body(message(), "acme.webhook.office.com")["@type"] == "MessageCard"


@pytest.mark.parametrize("host", ["prod-1.westeurope.logic.azure.com", "acme.webhook.office.com"])
def test_teams_shows_names_as_they_are(host: str) -> None:
    """Neither HTML nor Markdown survives."""
    text = json.dumps(teams.body(HOSTILE, host))
    assert "<" not in text
    assert "[a](" not in text
    assert "*b*" not in text.replace("\\\\*", "")


def test_plain_json_is_signed() -> None:
    """A receiver checks the signature with the secret, over the time and the exact body; the id names the message."""
    raw = json.dumps(signed_json.body(message(), "2026-11-25T15:00:00+00:00")).encode()
    headers = signed_json.headers(message(), raw, 1_764_082_800, "whs_secret")
    expected = hmac.new(b"whs_secret", b"1764082800." + raw, hashlib.sha256).hexdigest()
    assert headers == {
        "X-Event-Id": message().id,
        "X-Event-Timestamp": "1764082800",
        "X-Event-Signature": f"sha256={expected}",
    }


def test_plain_json_has_all_facts() -> None:
    """A program finds rule, model, bin, figures and revision by name, as they were."""
    [alert] = signed_json.body(message(), "2026-11-25T15:00:00+00:00")["alerts"]
    assert alert["rule"] == {"id": RULE.id, "name": "late flights", "priority": "HIGH"}
    assert (alert["bin_start"], alert["bin_end"]) == ("2026-11-25T14:00:00Z", "2026-11-25T15:00:00Z")
    assert (alert["value"], alert["threshold"], alert["sample_size"], alert["revision"]) == (0.41, 0.5, 212, "1.1")
    assert signed_json.body(HOSTILE, "now")["alerts"][0]["rule"]["name"] == EVIL


def test_a_mail_has_text_and_html() -> None:
    """Subject, addresses, id and both forms are there; mails about one alert refer to one another."""
    letter = mail.mail(message(), SENDER, RECEIVER)
    assert letter["Subject"] == "[CRITICAL] late flights - delays"
    assert (letter["From"], letter["To"]) == (SENDER, RECEIVER)
    assert letter["Message-ID"] == f"<{message().id}@example.com>"
    resolved = mail.mail(message({"severity": "DEFAULT", "main_version": 2}), SENDER, RECEIVER)
    assert resolved["In-Reply-To"] == letter["In-Reply-To"]
    text, html = letter.iter_parts()
    assert "Value: 0.41" in text.get_content()
    assert "<td>0.41</td>" in html.get_content()


def test_no_name_reaches_the_headers_of_a_mail() -> None:
    """Line breaks become spaces, so no header is added; HTML is escaped."""
    letter = mail.mail(HOSTILE, SENDER, RECEIVER)
    read = message_from_bytes(letter.as_bytes(), policy=policy.default)
    assert read["Bcc"] is None
    assert read.keys() == letter.keys()
    assert "\n" not in str(read["Subject"])
    body = read.get_body(("html",))
    assert body is not None
    assert "<script>" not in body.get_content()
    assert "&lt;script&gt;" in body.get_content()


@pytest.mark.parametrize(
    "address", ["me@example.org\r\nBcc: all@example.com", "a@b, c@d", "Me <me@example.org>", "me", ""]
)
def test_what_is_no_address_gets_no_mail(address: str) -> None:
    """One address is one receiver."""
    with pytest.raises((ValueError, IndexError)):
        mail.mail(message(), SENDER, address)


def test_pagerduty_triggers_and_resolves() -> None:
    """A withdrawn alert resolves the incident that its record triggered, whatever its severity was."""
    trigger = pagerduty.body(message(), "key")
    assert trigger["payload"]["severity"] == "critical"
    assert trigger["payload"]["custom_details"]["Value"] == "0.41"
    resolve = pagerduty.body(message({"severity": "DEFAULT", "main_version": 2}), "key")
    assert resolve == {"routing_key": "key", "event_action": "resolve", "dedup_key": trigger["dedup_key"]}
    assert pagerduty.body(message({"column": "age"}), "key")["dedup_key"] != trigger["dedup_key"]
