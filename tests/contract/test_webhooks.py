"""Webhooks and messages about alerts over HTTP: who sees what, and what is refused."""

import io
import json
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from inference_events.app import Services, create_app
from inference_events.catalog import Catalog, outbox
from inference_events.catalog.database import sqlite_url
from inference_events.logging import configure_logging
from inference_events.notifications.composing import Receivers
from inference_events.notifications.encryption import SecretKeyError
from inference_events.settings import Settings
from tests.contract.fuzz.promises.samples import TRAFFIC_RULE
from tests.contract.serving import serve
from tests.envelope import assert_error_envelope
from tests.notifications.judgements import rows
from tests.notifications.receivers import Response, eventually, receiving

ADMIN = "admin-token-of-the-webhooks"
PATH = "/v2/webhooks"
URL = "https://hooks.slack.com/services/T000/B000/secret-path"
MASKED = "https://hooks.slack.com/***"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Api:
    """A client of a server, its data directory and its log."""

    client: httpx.Client
    data_dir: Path
    log: io.BytesIO

    def send(self, method: str, path: str, token: str = ADMIN, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    def call(self, method: str, path: str, token: str = ADMIN, **more: Any) -> Any:
        response = self.send(method, path, token, **more)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def refused(self, code: int, method: str, path: str, token: str = ADMIN, **more: Any) -> str:
        response = self.send(method, path, token, **more)
        assert response.status_code == code, response.text
        return str(assert_error_envelope(response.json(), code)["message"])

    def create(self, name: str, url: str = URL, provider: str = "SLACK", **more: Any) -> Any:
        return self.call("POST", PATH, json={"name": name, "url": url, "provider": provider}, **more)

    def token(self, *scopes: str) -> str:
        return str(self.call("POST", "/v3/tokens", json={"name": "other", "scopes": scopes})["token"])


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Serve an empty data directory; messages may go to this machine."""
    data_dir, log = tmp_path_factory.mktemp("data"), io.BytesIO()
    configure_logging("debug", log)
    settings = Settings(data_dir=data_dir, admin_token=SecretStr(ADMIN), allow_private_receivers=True)
    with (
        serve(create_app(settings, validate_responses=True)) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        yield Api(client, data_dir, log)


def stored(data_dir: Path) -> bytes:
    """Return all bytes of the files of the catalog."""
    return b"".join(file.read_bytes() for file in data_dir.glob("catalog.sqlite*"))


def test_a_webhook_is_created_changed_and_deleted(api: Api) -> None:
    """It is found by id, by name and in the list; after its deletion it is gone, and its name is free."""
    made = api.create(" life ")
    assert (made["name"], made["url"], made["provider"]) == ("life", URL, "SLACK")
    by_name = json.dumps({"condition": "AND", "rules": [{"field": "name", "operator": "equal", "value": "life"}]})
    path = f"{PATH}/{made['uuid']}"
    assert api.call("GET", path) == api.call("GET", PATH, params={"filter": by_name})["items"][0] == made
    changed = api.call("PATCH", path, json={"url": f"{URL}2", "name": "another life"})
    assert (changed["url"], changed["name"], changed["provider"]) == (f"{URL}2", "another life", "SLACK")
    assert changed["updated_at"] > made["updated_at"]
    assert api.call("GET", path) == changed
    assert api.call("DELETE", path)["url"] == MASKED
    assert api.refused(404, "GET", path) == "Webhook not found for the given identifier"
    assert api.refused(404, "DELETE", path) == "Webhook not found for the given identifier"
    assert api.create("another life")["uuid"] != made["uuid"]


def test_an_update_may_be_a_form(api: Api) -> None:
    """The vendor's client sends its update as a form; it has the meaning of the same fields in JSON."""
    path = f"{PATH}/{api.create('form')['uuid']}"
    form = "name=f%C3%B6rm&url=https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc%26d&provider=MS_TEAMS"
    changed = api.call("PATCH", path, content=form, headers=FORM)
    assert (changed["name"], changed["url"], changed["provider"]) == ("förm", "https://example.com/a?b=c&d", "MS_TEAMS")


@pytest.mark.parametrize(
    "form",
    [
        "",
        "name",
        "name=a%FFb",
        "name=one&name=two",
        "name=x",
        "nope=1",
        "provider=NOPE",
        "name=a%00b",
        "&".join(f"a{number}=1" for number in range(101)),
        "url=ftp%3A%2F%2Fx",
    ],
)
def test_a_form_is_checked_like_json(form: str, api: Api) -> None:
    """An unreadable form, an unknown field and an invalid value are 400 and change nothing."""
    made = api.create(f"checked {hash(form)}")
    api.refused(400, "PATCH", f"{PATH}/{made['uuid']}", content=form, headers=FORM)
    assert api.call("GET", f"{PATH}/{made['uuid']}") == made


def test_only_an_update_may_be_a_form(api: Api) -> None:
    """Other operations take JSON alone, and a long form is refused."""
    path = f"{PATH}/{api.create('json')['uuid']}"
    api.refused(415, "POST", PATH, content="name=ab&url=https%3A%2F%2Fx&provider=SLACK", headers=FORM)
    api.refused(415, "PATCH", path, content="name=ab", headers={"Content-Type": "text/plain"})
    api.refused(413, "PATCH", path, content="name=" + "x" * 70_000, headers=FORM)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"name": " a "}, "/name"),
        ({"name": "x" * 128}, "/name"),
        ({"url": "ftp://example.com/secret-path"}, "/url"),
        ({"url": "https://user:secret@example.com/secret-path"}, "/url"),
        ({"url": "https://example.com/secret-path\n"}, "/url"),
        ({"url": "secret-path"}, "/url"),
        ({"provider": "GENERIC"}, "/provider"),
    ],
)
def test_what_is_no_webhook_is_refused(fields: dict[str, str], place: str, api: Api) -> None:
    """The message names the place, and never shows the URL."""
    body = {"name": "refused", "url": URL, "provider": "SLACK"} | fields
    message = api.refused(400, "POST", PATH, json=body)
    assert place in message
    assert "secret" not in message


def test_names_are_unique(api: Api) -> None:
    """A taken name is a 409 in the vendor's words, for a new webhook and for a changed one."""
    api.create("taken")
    other = api.create("other")
    body = {"name": "taken", "url": URL, "provider": "SLACK"}
    expected = "A webhook integration with the provided name already exists. Webhook names must be unique."
    assert api.refused(409, "POST", PATH, json=body) == expected
    assert api.refused(409, "PATCH", f"{PATH}/{other['uuid']}", json={"name": "taken"}) == expected
    assert api.call("GET", f"{PATH}/{other['uuid']}") == other


def test_a_retry_gets_the_webhook_that_the_first_attempt_made(api: Api) -> None:
    """With its secret, which nobody got before. A retry with other content is a conflict, as is another request."""
    body = {"name": "retried", "url": URL, "provider": "OTHER"}
    retry = {"X-Fiddler-Client-Retry": "1"}
    made = api.call("POST", PATH, json=body)
    assert api.call("POST", PATH, json=body, headers=retry) == made
    api.refused(409, "POST", PATH, json=body | {"url": f"{URL}2"}, headers=retry)
    api.refused(409, "POST", PATH, json=body)


def test_a_webhook_that_a_rule_notifies_stays(api: Api) -> None:
    """Its deletion is a 409 with the name of the rule, until the rule notifies it no more."""
    project = api.call("POST", "/v3/projects", json={"name": "notified"})["id"]
    columns = [{"name": "x", "data_type": "int"}]
    described = {"name": "model", "project_id": project, "schema": {"columns": columns}, "spec": {"inputs": ["x"]}}
    model = api.call("POST", "/v3/models", json=described)["id"]
    rule = {"name": "few events", "model_id": model, **TRAFFIC_RULE}
    config = f"/v3/alert-rules/{api.call('POST', '/v3/alert-rules', json=rule)['id']}/notification"
    hook = f"{PATH}/{(uuid := api.create('notified')['uuid'])}"
    assert api.call("PATCH", config, json={"webhooks": [uuid]})["webhooks"] == [uuid]
    assert api.refused(409, "DELETE", hook) == 'Alert rules use the webhook; change or delete them first: "few events"'
    api.call("PATCH", config, json={"webhooks": []})
    assert api.call("DELETE", hook)["name"] == "notified"


def test_only_admins_see_urls(api: Api) -> None:
    """Others see scheme and host, and change nothing; `ingest` sees no webhook."""
    made = api.create("masked", "https://example.com:8443/secret-path?token=secret")
    path = f"{PATH}/{made['uuid']}"
    for scope in ("read", "manage"):
        token = api.token(scope)
        assert api.call("GET", path, token)["url"] == "https://example.com:8443/***"
        assert "secret" not in api.send("GET", PATH, token, params={"limit": 1000}).text
        api.refused(403, "PATCH", path, token, json={"name": "mine"})
        api.refused(403, "DELETE", path, token)
        api.refused(403, "POST", f"/v3/monitoring/webhooks/{made['uuid']}/test", token)
        api.refused(403, "GET", "/v3/monitoring/notifications", token)
    api.refused(403, "GET", path, api.token("ingest"))


def test_a_signing_secret_is_shown_once(api: Api) -> None:
    """Only the response that makes it has it: the creation of a webhook of OTHER, or the change to it."""
    made = api.create("signed", provider="OTHER")
    path = f"{PATH}/{made['uuid']}"
    assert made["signing_secret"].startswith("whs_")
    assert "signing_secret" not in api.call("GET", path)
    assert "signing_secret" not in api.call("PATCH", path, json={"provider": "OTHER"})
    assert "signing_secret" not in api.call("PATCH", path, json={"provider": "SLACK"})
    again = api.call("PATCH", path, json={"provider": "OTHER"})["signing_secret"]
    assert again != made["signing_secret"]


def test_secrets_are_on_disk_only_encrypted(api: Api) -> None:
    """The catalog holds neither URLs nor signing secrets, not even in its idempotency records; the key is private."""
    made = api.create("on disk", "https://example.com/very-secret-path", "OTHER")
    api.call("PATCH", f"{PATH}/{made['uuid']}", json={"url": "https://example.com/other-secret-path"})
    api.call("DELETE", f"{PATH}/{made['uuid']}")
    kept = stored(api.data_dir)
    for secret in ("very-secret-path", "other-secret-path", made["signing_secret"]):
        assert secret.encode() not in kept
    assert stat.S_IMODE((api.data_dir / "secret-key").stat().st_mode) == 0o600


def test_a_test_reports_what_the_receiver_did(api: Api) -> None:
    """The message is that of a real alert, and says that it is a test. A refusal is reported, not an error."""
    with receiving(Response(), Response(404), Response(302, headers={"Location": "/"})) as receiver:
        made = api.create("tried", receiver.url, "OTHER")
        path = f"/v3/monitoring/webhooks/{made['uuid']}/test"
        results = [api.call("POST", path) for _ in range(3)]
    results.append(api.call("POST", path))
    assert [(one["delivered"], one["status_code"]) for one in results] == [
        (True, 200),
        (False, 404),
        (False, 302),
        (False, None),
    ]
    assert [one["problem"] for one in results][::3] == [None, "the receiver refused the connection"]
    [alert] = receiver.received[0].body["alerts"]
    assert "test" in alert["message"]
    assert receiver.received[0].headers["X-Event-Signature"].startswith("sha256=")
    assert api.refused(404, "POST", f"/v3/monitoring/webhooks/{UNKNOWN}/test")


def test_messages_are_listed_as_they_are_delivered(api: Api) -> None:
    """A message in the outbox is sent by the running server; the list shows its state and names its receiver."""
    with (
        receiving() as receiver,
        closing(Catalog(sqlite_url(api.data_dir / "catalog.sqlite"))) as catalog,
    ):
        hook = api.create("listed", receiver.url, "OTHER")
        made = rows(Receivers(["me@example.com"], webhooks=[hook["uuid"]]))
        catalog.write(lambda session: outbox.add(session, made))

        def listed() -> dict[str, Any]:
            page = api.call("GET", "/v3/monitoring/notifications", params={"limit": 1000})
            return {item["channel"]: item for item in page["items"]}

        eventually(lambda: {item["state"] for item in listed().values()} == {"delivered", "not_configured"})
        found = listed()
    assert (found["webhook"]["destination"], found["webhook"]["destination_name"]) == (hook["uuid"], "listed")
    assert (found["webhook"]["attempts"], found["webhook"]["problem"]) == (1, None)
    assert found["webhook"]["batch_id"] == receiver.received[0].headers["X-Event-Id"]
    assert found["email"]["state"] == "not_configured"
    api.call("DELETE", f"{PATH}/{hook['uuid']}")
    assert listed()["webhook"]["destination_name"] is None


def test_nothing_secret_reaches_the_log(api: Api) -> None:
    """The requests of this module have left no URL, path, signing secret or token in the log."""
    with receiving(Response(500)) as receiver:
        made = api.create("logged", receiver.url, "OTHER")
        api.call("POST", f"/v3/monitoring/webhooks/{made['uuid']}/test")
    log = api.log.getvalue().decode()
    assert "POST" in log
    for secret in ("secret-path", "hooks.slack.com", made["signing_secret"], "whs_", ADMIN):
        assert secret not in log


def test_a_wrong_key_is_refused_at_the_start(tmp_path: Path) -> None:
    """The server does not start with another key than that of the stored secrets, and says so without showing it."""

    def settings(key: str) -> Settings:
        return Settings(data_dir=tmp_path, admin_token=SecretStr(ADMIN), secret_key=SecretStr(key))

    with serve(create_app(settings("k" * 32))) as url, httpx.Client(base_url=url, timeout=30) as client:
        Api(client, tmp_path, io.BytesIO()).create("kept")
    with pytest.raises(SecretKeyError, match="another key: set INFERENCE_EVENTS_SECRET_KEY") as refusal:
        Services(settings("o" * 32))
    assert "ooo" not in str(refusal.value)
    with serve(create_app(settings("k" * 32))) as url, httpx.Client(base_url=url, timeout=30) as client:
        assert Api(client, tmp_path, io.BytesIO()).call("GET", PATH)["items"][0]["url"] == URL
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as catalog:
        assert catalog.execute("SELECT count(*) FROM webhooks").fetchone() == (1,)
