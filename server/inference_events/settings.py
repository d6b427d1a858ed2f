"""The server's settings: one table of name, default and help.

A value comes from the flag of `inference-events serve`, else from the environment (`INFERENCE_EVENTS_` and
the name in capitals), else from the default here.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ByteSize, Field, FilePath, SecretStr, ValidationInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from inference_events.addresses import check_proxies, check_public_url
from inference_events.files.opening import check_files_url
from inference_events.limits import GIB, MIB, Limits, Pace
from inference_events.notifications.settings import (
    PAGERDUTY_URL,
    ChannelSettings,
    mail_domains,
    mail_server,
    pagerduty_keys,
)

ENV_PREFIX = "INFERENCE_EVENTS_"

LIMITS = Limits()

_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-.]+)?(\+[0-9A-Za-z-.]+)?", re.ASCII)
_TOKEN = re.compile(r"[!-~]{16,}")
_KEY = re.compile(r"[!-~]{32,}")
_MAIL_ADDRESS = re.compile(r"\A[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\Z", re.ASCII)


def _check_version(version: str) -> str:
    match = _SEMVER.fullmatch(version)
    if match is None:
        raise ValueError("must be a strict semantic version such as 26.14.0")
    before_26 = int(match[1]) < 26 or (version.startswith("26.0.0-"))
    if before_26:
        raise ValueError("must be 26.0.0 or later: clients switch features off below it")
    return version


def _check_token(token: SecretStr) -> SecretStr:
    raw = token.get_secret_value()
    if raw and not _TOKEN.fullmatch(raw):
        raise ValueError("must have at least 16 printable ASCII characters and no spaces")
    return token


def _check_key(key: SecretStr) -> SecretStr:
    raw = key.get_secret_value()
    if raw and not _KEY.fullmatch(raw):
        raise ValueError("must have at least 32 printable ASCII characters and no spaces")
    return key


def _check_smtp(url: SecretStr) -> SecretStr:
    mail_server(url.get_secret_value())
    return url


def _check_services(services: SecretStr) -> SecretStr:
    pagerduty_keys(services.get_secret_value())
    return services


def _check_sender(address: str | None) -> str | None:
    if address is not None and not _MAIL_ADDRESS.fullmatch(address):
        raise ValueError("must be a mail address such as alerts@example.com")
    return address


def _check_domains(domains: str | None) -> str | None:
    mail_domains(domains)
    return domains


def _check_pair(key: Path | None, info: ValidationInfo) -> Path | None:
    if "tls_certificate" in info.data and (key is None) != (info.data["tls_certificate"] is None):
        raise ValueError("a TLS certificate and its key are given together or not at all")
    return key


# None stands for none, and so does an empty variable.
OptionalFile = Annotated[FilePath | None, BeforeValidator(lambda value: value or None)]
OptionalNumber = Annotated[int | None, BeforeValidator(lambda value: None if value == "" else value)]
OptionalText = Annotated[str | None, BeforeValidator(lambda value: value or None)]


class Settings(BaseSettings):
    """Hold every setting of the server. Raises pydantic.ValidationError for a value that cannot be used."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True
    )

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    tls_certificate: OptionalFile = Field(
        default=None, description="PEM file of the certificate to serve HTTPS with, followed by its chain."
    )
    tls_key: Annotated[OptionalFile, AfterValidator(_check_pair)] = Field(
        default=None, description="PEM file of the certificate's private key, without a passphrase."
    )
    public_url: Annotated[OptionalText, AfterValidator(check_public_url)] = Field(
        default=None, description="URL at which clients reach the server, as https://HOST; links begin with it."
    )
    trusted_proxies: Annotated[OptionalText, AfterValidator(check_proxies)] = Field(
        default=None,
        description="Addresses and networks, with commas between them, of the proxies whose X-Forwarded-For and "
        "X-Forwarded-Proto are believed.",
    )
    data_dir: Path = Field(
        default=Path("inference-events-data"), description="Directory that holds everything the server keeps."
    )
    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="PostgreSQL database that several replicas share, as postgresql://USER:PASSWORD@HOST/DATABASE; "
        "the files URL is needed, too.",
    )
    files_url: Annotated[OptionalText, AfterValidator(check_files_url)] = Field(
        default=None,
        description="Where uploaded files are kept if not in the data directory: s3://BUCKET/PREFIX, "
        "gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or file:///DIRECTORY.",
    )
    replica: OptionalText = Field(
        default=None, max_length=128, description="Name of this replica in its metrics, if not the name of its host."
    )
    admin_token: Annotated[SecretStr, AfterValidator(_check_token)] = Field(
        default=SecretStr(""), description="Admin token to use instead of one made at the first start."
    )
    secret_key: Annotated[SecretStr, AfterValidator(_check_key)] = Field(
        default=SecretStr(""),
        description="Key of 32 characters or more that encrypts stored secrets, such as URLs of webhooks; without it "
        "the data directory's file secret-key holds one, and replicas can have no webhooks.",
    )
    login_link: Literal["terminal", "never"] = Field(
        default="terminal", description="Whether a start in a terminal prints a link that logs in to the console, once."
    )
    organization: str = Field(
        default="Inference Events",
        min_length=1,
        max_length=256,
        description="Name of the organization shown to clients.",
    )
    server_version: Annotated[str, AfterValidator(_check_version)] = Field(
        default="26.14.0",
        description="Version reported to clients, which enable features by it; 26.0.0 or later.",
    )
    max_event_body_bytes: ByteSize = Field(
        default=ByteSize(LIMITS.event_body_bytes),
        gt=0,
        description="Largest body of an events request, after decompression.",
    )
    max_event_body_values: int = Field(
        default=LIMITS.event_body_values, gt=0, description="Most JSON values in the body of an events request."
    )
    max_event_bytes: ByteSize = Field(
        default=ByteSize(LIMITS.event_bytes),
        gt=0,
        description="Largest event in the body of an events request.",
    )
    max_event_values: int = Field(default=LIMITS.event_values, gt=0, description="Most JSON values in one event.")
    max_body_bytes: ByteSize = Field(
        default=ByteSize(LIMITS.json_body_bytes),
        gt=0,
        description="Largest body of any other JSON request, after decompression.",
    )
    max_body_values: int = Field(
        default=LIMITS.json_body_values, gt=0, description="Most JSON values in the body of any other request."
    )
    max_file_bytes: ByteSize = Field(default=ByteSize(LIMITS.file_bytes), gt=0, description="Largest uploaded file.")
    max_bodies_in_flight_bytes: ByteSize = Field(
        default=ByteSize(LIMITS.bodies_in_flight_bytes),
        gt=0,
        description="Bytes of bodies held at once; beyond them the response is 503.",
    )
    max_body_idle_seconds: float = Field(
        default=LIMITS.pace.idle_seconds,
        gt=0,
        description="Seconds without a byte of a body or file after which the response is 408.",
    )
    max_columns_in_sum: int = Field(
        default=40_000,
        ge=10_000,
        description="Columns that all models may have together, each of which takes 7 KiB of memory; beyond them a "
        "model is a 409.",
    )
    job_workers: int = Field(default=1, ge=1, le=64, description="Jobs that run at the same time.")
    max_unfinished_jobs: int = Field(
        default=10_000, ge=1, description="Jobs that may wait or run; beyond them the response is 503."
    )
    file_chunk_rows: OptionalNumber = Field(
        default=None,
        ge=1,
        description="Rows of a file that are committed together, at most: 245,760, or 10,000 in PostgreSQL.",
    )
    max_rejected_rows: int = Field(
        default=1_000_000, ge=1, description="Rejected rows of a file after which its job fails."
    )
    file_reader_memory_bytes: ByteSize = Field(
        default=ByteSize(2 * GIB),
        ge=512 * MIB,
        description="Memory of the process that reads a file; a file that needs more cannot be read.",
    )
    file_reader_seconds: float = Field(
        default=120, gt=0, description="Seconds for which that process may read without getting further."
    )
    checkpoint_bytes: ByteSize = Field(
        default=ByteSize(32 * MIB),
        gt=0,
        description="WAL size that triggers a checkpoint; writes pause briefly.",
    )
    retry_record_hours: float = Field(
        default=24, gt=0, description="Hours for which a repeated request gets its first response again."
    )
    used_file_hours: float = Field(
        default=24,
        gt=0,
        le=1_000_000,
        description="Hours for which a file is kept after the last job that used it has ended.",
    )
    unused_file_days: float = Field(
        default=7, gt=0, le=100_000, description="Days for which a file that no job used is kept after its upload."
    )
    job_days: float = Field(
        default=90, gt=0, le=100_000, description="Days for which a job and its rejected rows are kept after its end."
    )
    alert_record_days: float = Field(
        default=400, gt=0, le=100_000, description="Days for which the record of an alert is kept."
    )
    alert_debounce_seconds: float = Field(
        default=60,
        ge=0,
        le=3600,
        description="Seconds for which changes of events are collected before the bins of their alert rules are judged "
        "again.",
    )
    alert_evaluation_days: float = Field(
        default=90, gt=0, le=100_000, description="Days for which is kept how an alert rule judged a bin."
    )
    max_monitoring_seconds: float = Field(
        default=10,
        gt=0,
        le=3600,
        description="Seconds that the figures of one request may take; beyond them the response is 503.",
    )
    max_monitoring_cache_bytes: ByteSize = Field(
        default=ByteSize(256 * MIB),
        ge=0,
        description="Memory for the kept parts of figures; beyond it the least recently used are computed again.",
    )
    notification_wait_seconds: float = Field(
        default=60,
        ge=0,
        le=3600,
        description="Seconds for which messages about one model, bin and receiver are collected into one.",
    )
    notification_days: float = Field(
        default=30, gt=0, le=100_000, description="Days for which a message about an alert is kept after its end."
    )
    allow_private_receivers: bool = Field(
        default=False,
        description="Whether webhooks may be at private, loopback and link-local addresses: true or false.",
    )
    smtp_url: Annotated[SecretStr, AfterValidator(_check_smtp)] = Field(
        default=SecretStr(""),
        description="Mail server for messages about alerts, as smtp://USER:PASSWORD@HOST:PORT, or smtps:// for TLS "
        "from the start.",
    )
    mail_from: Annotated[OptionalText, AfterValidator(_check_sender)] = Field(
        default=None, description="Mail address from which messages about alerts are sent."
    )
    mail_domains: Annotated[OptionalText, AfterValidator(_check_domains)] = Field(
        default=None,
        description="Domains, with commas between them, to which mail may be sent, as example.com; without them any.",
    )
    pagerduty_services: Annotated[SecretStr, AfterValidator(_check_services)] = Field(
        default=SecretStr(""),
        description="Integration keys of PagerDuty services, as NAME=KEY with commas between them.",
    )
    pagerduty_url: str = Field(
        default=PAGERDUTY_URL,
        pattern=r"^https?://[!-~]+$",
        description="Where events for PagerDuty are sent; https://events.eu.pagerduty.com/v2/enqueue in Europe.",
    )
    shutdown_grace_seconds: int = Field(
        default=30, ge=0, description="Seconds that requests and jobs get to finish at shutdown."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe line to log."
    )

    def channels(self) -> ChannelSettings:
        """Return the settings of the channels of messages."""
        return ChannelSettings(
            mail_server=mail_server(self.smtp_url.get_secret_value()),
            mail_from=self.mail_from or "",
            mail_domains=mail_domains(self.mail_domains),
            pagerduty_keys=pagerduty_keys(self.pagerduty_services.get_secret_value()),
            pagerduty_url=self.pagerduty_url,
            link=self.public_url,
        )

    def limits(self) -> Limits:
        """Return the limits of requests."""
        return Limits(
            event_body_bytes=self.max_event_body_bytes,
            event_body_values=self.max_event_body_values,
            event_bytes=self.max_event_bytes,
            event_values=self.max_event_values,
            json_body_bytes=self.max_body_bytes,
            json_body_values=self.max_body_values,
            file_bytes=self.max_file_bytes,
            bodies_in_flight_bytes=self.max_bodies_in_flight_bytes,
            pace=Pace(idle_seconds=self.max_body_idle_seconds),
        )
