"""Promises of tokens: secrets are not stored, and a token that has ended stays invalid."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, authentication, tokens
from inference_events.catalog.authentication import Authentication
from inference_events.catalog.bootstrap import open_catalog
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import Token, utc_now
from inference_events.catalog.tokens import TokenIdentity
from inference_events.data_directory import DataDirectory
from inference_events.errors import Conflict, ObjectNotFound
from inference_events.settings import Settings
from tests.catalogs import SQLITE

PRESET = "a-preset-admin-token"


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    catalog = Catalog(catalog_url)
    yield catalog
    catalog.close()


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DataDirectory]:
    directory = DataDirectory(tmp_path / "data")
    yield directory
    directory.close()


def create(catalog: Catalog, *scopes: str, expires_at: datetime | None = None) -> tuple[Token, str]:
    return catalog.write(lambda session: tokens.create(session, "airflow", scopes or ["ingest"], expires_at))


def start(directory: DataDirectory, preset: str = "") -> tuple[str | None, list[bool]]:
    """Open and close the catalog as a server does; return the secret shown and the valid presets."""
    settings = Settings(admin_token=SecretStr(preset))
    catalog, shown = open_catalog(settings, directory)
    authenticate = Authentication(catalog).authenticate
    valid = [authenticate(secret) is not None for secret in (PRESET, "another-admin-token")]
    catalog.close()
    return shown, valid


@pytest.mark.parametrize("catalog_url", [SQLITE], indirect=True)
def test_a_secret_is_not_stored(catalog: Catalog, tmp_path: Path) -> None:
    """Nothing in the database's files shows a token's secret."""
    _, secret = create(catalog)
    catalog.close()
    assert secret.startswith("ie_")
    assert len(secret) == 46
    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.glob("catalog.sqlite*"))


def test_a_token_is_known_by_its_secret_only(catalog: Catalog) -> None:
    """A secret identifies its token and scopes; any other text, even the token's id, identifies none."""
    token, secret = create(catalog, "ingest", "read")
    authenticate = Authentication(catalog).authenticate
    identity = authenticate(secret)
    assert identity is not None
    assert (identity.id, sorted(identity.scopes)) == (token.id, ["ingest", "read"])
    assert [authenticate(text) for text in ("", token.id, secret[:-1], token.hash, secret + " ")] == [None] * 5


def test_a_revoked_token_ends_at_once(catalog: Catalog) -> None:
    """After its revocation a token is refused, although it was used a moment before."""
    token, secret = create(catalog)
    authenticate = Authentication(catalog).authenticate
    assert authenticate(secret) is not None
    catalog.write(lambda session: tokens.revoke(session, token.id))
    assert authenticate(secret) is None
    with pytest.raises(ObjectNotFound):
        catalog.write(lambda session: tokens.revoke(session, token.id))


def test_an_expired_token_ends_on_time(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that was used until its expiry is not valid from then on, without any write in between."""
    end = utc_now() + timedelta(hours=1)
    _, secret = create(catalog, expires_at=end)
    authenticate = Authentication(catalog).authenticate
    assert authenticate(secret) is not None
    monkeypatch.setattr(authentication, "utc_now", lambda: end)
    assert authenticate(secret) is None


def test_authentication_rarely_reads(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that is used again and again is only looked up again after a write, such as that of its use."""
    _, secret = create(catalog)
    identify, looked_up = tokens.identify, []

    def count(session: Session, digest: str) -> TokenIdentity | None:
        looked_up.append(digest)
        return identify(session, digest)

    monkeypatch.setattr(tokens, "identify", count)
    authenticate = Authentication(catalog).authenticate
    assert all(authenticate(secret) is not None for _ in range(100))
    assert len(looked_up) <= 2


def test_use_is_noted(catalog: Catalog, catalog_url: str) -> None:
    """The time of a token's use is kept, at the latest when the catalog closes."""
    token, secret = create(catalog)
    before = utc_now()
    Authentication(catalog).authenticate(secret)
    catalog.close()
    again = Catalog(catalog_url)
    page = again.read(lambda session: tokens.list_page(session, Listing()))
    again.close()
    assert [row.id for row in page.items] == [token.id]
    assert page.items[0].last_used_at is not None
    assert before <= page.items[0].last_used_at <= utc_now()


def test_rotation_overlaps_as_asked(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotated token has a twin with another secret and stays valid for the overlap, then ends."""
    old, old_secret = create(catalog, "read")
    authenticate = Authentication(catalog).authenticate
    new, new_secret = catalog.write(lambda session: tokens.rotate(session, old.id, timedelta(hours=1)))
    assert (new.name, new.scopes, new.expires_at) == (old.name, old.scopes, None)
    assert [authenticate(old_secret) is not None, authenticate(new_secret) is not None] == [True, True]
    later = utc_now() + timedelta(hours=1)
    monkeypatch.setattr(authentication, "utc_now", lambda: later)
    assert [authenticate(old_secret) is not None, authenticate(new_secret) is not None] == [False, True]


def test_rotation_without_overlap_ends_the_old_token_at_once(catalog: Catalog) -> None:
    """With an overlap of zero, the old secret is not valid once the new one is known."""
    old, old_secret = create(catalog)
    authenticate = Authentication(catalog).authenticate
    assert authenticate(old_secret) is not None
    _, new_secret = catalog.write(lambda session: tokens.rotate(session, old.id, timedelta()))
    assert [authenticate(old_secret) is not None, authenticate(new_secret) is not None] == [False, True]


def test_rotation_never_prolongs_a_token(catalog: Catalog) -> None:
    """A token that expires before the overlap ends keeps its expiry, and its twin has the same."""
    end = utc_now() + timedelta(minutes=1)
    old, _ = create(catalog, expires_at=end)
    new, _ = catalog.write(lambda session: tokens.rotate(session, old.id, timedelta(days=1)))
    kept = catalog.read(lambda session: session.get_one(Token, old.id))
    assert (kept.expires_at, new.expires_at, kept.replaced_by) == (end, end, new.id)


def test_the_last_lasting_admin_cannot_be_revoked(catalog: Catalog) -> None:
    """Revoking the only admin token without an end is a Conflict, because no token could make another."""
    admin, _ = create(catalog, "admin")
    create(catalog, "admin", expires_at=utc_now() + timedelta(days=1))
    with pytest.raises(Conflict):
        catalog.write(lambda session: tokens.revoke(session, admin.id))
    create(catalog, "admin")
    catalog.write(lambda session: tokens.revoke(session, admin.id))


def test_only_valid_tokens_are_listed(catalog: Catalog) -> None:
    """The list has the valid tokens, the newest first, and neither revoked nor expired ones."""
    first, _ = create(catalog)
    revoked, _ = create(catalog)
    create(catalog, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    last, _ = create(catalog)
    catalog.write(lambda session: tokens.revoke(session, revoked.id))
    page = catalog.read(lambda session: tokens.list_page(session, Listing()))
    assert [row.id for row in page.items] == [last.id, first.id]


def test_the_first_start_makes_an_admin_token(directory: DataDirectory) -> None:
    """The first start shows an admin token and keeps it in a file that only the owner can read."""
    catalog, secret = open_catalog(Settings(), directory)
    assert secret is not None
    identity = Authentication(catalog).authenticate(secret)
    assert identity is not None
    assert identity.scopes == {"admin"}
    catalog.close()
    kept = directory.admin_token_file
    assert kept.read_text().strip() == secret
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert start(directory)[0] is None


def test_an_interrupted_first_start_is_completed(directory: DataDirectory) -> None:
    """A secret that a crash left in the file before the catalog knew it becomes valid."""
    directory.admin_token_file.write_text("ie_left-by-a-crash\n")
    assert start(directory)[0] == "ie_left-by-a-crash"


def test_a_preset_is_the_admin_token(directory: DataDirectory) -> None:
    """With a preset no token is made or written; another preset replaces it, and none at all ends it."""
    assert start(directory, PRESET) == (None, [True, False])
    assert not directory.admin_token_file.exists()
    assert start(directory, PRESET) == (None, [True, False])
    assert start(directory, "another-admin-token") == (None, [False, True])
    shown, valid = start(directory)
    assert shown is not None
    assert valid == [False, False]


def test_a_revoked_preset_stays_revoked(directory: DataDirectory) -> None:
    """A preset that an admin has revoked is not brought back by the next start."""
    settings = Settings(admin_token=SecretStr(PRESET))
    catalog, _ = open_catalog(settings, directory)
    catalog.write(lambda session: tokens.create(session, "other", ["admin"]))
    identity = Authentication(catalog).authenticate(PRESET)
    assert identity is not None
    catalog.write(lambda session: tokens.revoke(session, identity.id))
    catalog.close()
    assert start(directory, PRESET) == (None, [False, False])
