"""The tables of the store. They are created at the first start; only a migration in this module may change them.

`events` has no column per feature: the values of an event are two MessagePack arrays (see `payloads`), and
`event_columns` maps columns to indexes in them. No foreign key refers to `events`, and it has no trigger, so that it
can be a distributed table.
"""

from inference_events.events.store_errors import StoreTooNew, StoreUnreadable
from inference_events.stores.postgres.connections import Connection, execute_all

# Raise SCHEMA_VERSION with every change of the tables, and OLDEST_PROGRAM_VERSION if programs of an older version
# cannot work with it.
SCHEMA_VERSION = 2
OLDEST_PROGRAM_VERSION = 1
OLDEST_SERVER_VERSION = 150_000

TABLES = """
CREATE TABLE IF NOT EXISTS store_schema_version (
    schema_version int4 NOT NULL,
    oldest_program_version int4 NOT NULL
);
CREATE TABLE IF NOT EXISTS clocks (
    model_id text COLLATE "C" PRIMARY KEY,
    epoch int8 NOT NULL DEFAULT 0,
    revision int8,
    schema_version int8 NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS event_columns (
    model_id text COLLATE "C" NOT NULL,
    number int4 NOT NULL,
    ordinal int4 NOT NULL,
    name text COLLATE "C" NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    place int4 NOT NULL,
    dropped bool NOT NULL,
    labelled bool NOT NULL,
    PRIMARY KEY (model_id, number)
);
CREATE TABLE IF NOT EXISTS event_environments (
    number int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_id text COLLATE "C" NOT NULL,
    environment_id text COLLATE "C" NOT NULL,
    dropped_at timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS event_environments_in_use
    ON event_environments (model_id, environment_id) WHERE dropped_at IS NULL;
CREATE TABLE IF NOT EXISTS events (
    environment int4 NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    long_id text COLLATE "C",
    ts timestamp NOT NULL,
    received_at timestamp NOT NULL,
    updated_at timestamp,
    content_hash int8 NOT NULL,
    hash_version int2 NOT NULL,
    epoch int8 NOT NULL,
    column_epochs jsonb,
    violations jsonb,
    labelled_at jsonb,
    undeclared bytea,
    labels bytea,
    fixed bytea NOT NULL,
    PRIMARY KEY (environment, event_id)
) WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_vacuum_cost_delay = 0
);
ALTER TABLE events ALTER fixed SET STORAGE EXTERNAL, ALTER undeclared SET STORAGE EXTERNAL;
CREATE INDEX IF NOT EXISTS events_by_time ON events (environment, ts);
CREATE TABLE IF NOT EXISTS open_jobs (
    job_id text COLLATE "C" PRIMARY KEY,
    model_id text COLLATE "C" NOT NULL,
    epoch int8 NOT NULL,
    fence int8 NOT NULL DEFAULT 0,
    accepted_at timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS open_jobs_by_model ON open_jobs (model_id, epoch);
CREATE TABLE IF NOT EXISTS job_progress (
    job_id text COLLATE "C" PRIMARY KEY,
    next_row int8 NOT NULL,
    counts text NOT NULL,
    counters text NOT NULL
);
CREATE TABLE IF NOT EXISTS rejected_rows (
    job_id text COLLATE "C" NOT NULL,
    row int8 NOT NULL,
    reason text NOT NULL,
    message text NOT NULL
);
CREATE INDEX IF NOT EXISTS rejected_rows_by_job ON rejected_rows (job_id, row);
CREATE TABLE IF NOT EXISTS records (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    found_by bytea NOT NULL,
    batch uuid NOT NULL,
    is_retry bool NOT NULL DEFAULT false,
    token_id text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    idempotency_key text,
    body_digest bytea NOT NULL,
    answer bytea NOT NULL,
    created_at int8 NOT NULL,
    statuses bytea
);
ALTER TABLE records ALTER answer SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX IF NOT EXISTS records_by_key ON records (found_by) WHERE idempotency_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_by_digest ON records (found_by, created_at) WHERE idempotency_key IS NULL;
CREATE INDEX IF NOT EXISTS records_by_time ON records USING brin (created_at);
CREATE TABLE IF NOT EXISTS changes (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment int4 NOT NULL,
    first_hour int4 NOT NULL,
    last_hour int4 NOT NULL,
    changes int8 NOT NULL DEFAULT 1,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    oldest_xid xid8 NOT NULL DEFAULT pg_snapshot_xmin(pg_current_snapshot())
);
CREATE INDEX IF NOT EXISTS changes_by_environment ON changes (environment, id);
"""
# The statements that migrate the tables from the version before. They only add, because replicas of that version go on.
MIGRATIONS = {2: "ALTER TABLE records ADD COLUMN is_retry bool NOT NULL DEFAULT false"}
# An arbitrary number that no other program locks.
LOCK = 7_018_452_230_194_117


def open_schema(connection: Connection) -> None:
    """Create the tables, or migrate those of an older version.

    Raises StoreTooNew, and StoreUnreadable if the server cannot hold them.

    Several replicas may start at once.
    """
    _check_server(connection)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        known = connection.execute("SELECT to_regclass('store_schema_version') IS NOT NULL").fetchone()
        versions = None
        if known == (True,):
            versions = connection.execute(
                "SELECT schema_version, oldest_program_version FROM store_schema_version"
            ).fetchone()
        if versions is None:
            execute_all(connection, TABLES)
            connection.execute(
                "INSERT INTO store_schema_version VALUES (%s, %s)", [SCHEMA_VERSION, OLDEST_PROGRAM_VERSION]
            )
        elif versions[1] > SCHEMA_VERSION:
            raise StoreTooNew(versions[0], SCHEMA_VERSION)
        else:
            _migrate(connection, versions[0])


def _migrate(connection: Connection, version: int) -> None:
    for newer in range(version + 1, SCHEMA_VERSION + 1):
        connection.execute(MIGRATIONS[newer])
        connection.execute("UPDATE store_schema_version SET schema_version = %s", [newer])


def _check_server(connection: Connection) -> None:
    if connection.info.server_version < OLDEST_SERVER_VERSION:
        raise StoreUnreadable(f"PostgreSQL {OLDEST_SERVER_VERSION // 10_000} or newer is needed")
    if connection.execute("SELECT getdatabaseencoding()").fetchone() != ("UTF8",):
        raise StoreUnreadable("the database's encoding must be UTF8")
