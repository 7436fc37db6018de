-- Users of a ClickHouse server by what they need, and no more. NOT RUN by any test: the embedded engine takes no users. Written for ClickHouse
-- 26.7 and the database `flows`; give each a password of its own, here or by `ALTER USER ... IDENTIFIED BY`. On a cluster add ON CLUSTER to
-- each statement.

-- A collector writes, and looks up what it wrote.
CREATE USER IF NOT EXISTS ingest IDENTIFIED WITH sha256_password BY 'change me' DEFAULT DATABASE flows
    SETTINGS
        -- On a cluster, an insert is acknowledged when its shard has it, and not before.
        distributed_foreground_insert = 1 READONLY,
        max_memory_usage = 2000000000,
        max_execution_time = 300;
GRANT INSERT ON flows.ingest TO ingest;
GRANT INSERT ON flows.status TO ingest;
GRANT INSERT ON flows.metadata TO ingest;
GRANT INSERT ON flows.counters TO ingest;
GRANT SELECT ON flows.segments TO ingest;
GRANT SHOW COLUMNS ON flows.ingest TO ingest;
-- `input()`, through which a segment's flows get its name.
GRANT CREATE TEMPORARY TABLE ON *.* TO ingest;

-- The API: configuration, coarse rollups, back-fill, retention; and the alert command, which reads what the API reads.
CREATE USER IF NOT EXISTS api IDENTIFIED WITH sha256_password BY 'change me' DEFAULT DATABASE flows
    SETTINGS
        distributed_foreground_insert = 1 READONLY,
        max_memory_usage = 8000000000;
GRANT SELECT, INSERT, dictGet ON flows.* TO api;
GRANT SYSTEM RELOAD DICTIONARY ON *.* TO api;
GRANT ALTER TTL, ALTER DELETE ON flows.raw TO api;
GRANT SELECT ON system.parts TO api;
GRANT SELECT ON system.tables TO api;
GRANT SELECT ON system.columns TO api;
-- How reading from Kafka comes along.
GRANT SELECT ON system.kafka_consumers TO api;

-- Grafana reads flows and rollups, within bounds; not what people configured, and no files, addresses or other servers.
CREATE SETTINGS PROFILE IF NOT EXISTS grafana SETTINGS
    readonly = 2,
    max_execution_time = 30 MAX 60,
    max_memory_usage = 4000000000 MAX 4000000000,
    max_result_rows = 1000000 MAX 1000000,
    max_rows_to_read = 5000000000 MAX 5000000000,
    allow_ddl = 0 READONLY,
    allow_introspection_functions = 0 READONLY;
CREATE USER IF NOT EXISTS grafana IDENTIFIED WITH sha256_password BY 'change me' DEFAULT DATABASE flows SETTINGS PROFILE grafana;
GRANT SELECT ON flows.* TO grafana;
REVOKE SELECT ON flows.routers FROM grafana;
REVOKE SELECT ON flows.silences FROM grafana;
REVOKE SELECT ON flows.channels FROM grafana;
REVOKE SELECT ON flows.channel_progress FROM grafana;
REVOKE SELECT ON flows.notifications FROM grafana;
REVOKE SELECT ON flows.tokens FROM grafana;
REVOKE SELECT ON flows.audit FROM grafana;
REVOKE SELECT ON flows.account FROM grafana;
REVOKE SELECT ON flows.migrations FROM grafana;
CREATE QUOTA IF NOT EXISTS grafana
    FOR INTERVAL 1 minute MAX queries = 600, execution_time = 600,
    FOR INTERVAL 1 hour MAX queries = 20000, read_rows = 500000000000
    TO grafana;

-- `netmon migrate` makes the database and its tables, and those that read from Kafka again when their settings change. Views work with its rights, and
-- dictionaries read the prefixes as it.
CREATE USER IF NOT EXISTS migrate IDENTIFIED WITH sha256_password BY 'change me';
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE DICTIONARY, DROP TABLE, DROP VIEW, DROP DICTIONARY, SELECT, INSERT, dictGet ON flows.* TO migrate;
GRANT TABLE ENGINE ON * TO migrate;
GRANT KAFKA ON *.* TO migrate;
-- With a cluster.
GRANT CLUSTER ON *.* TO migrate;
GRANT REMOTE ON *.* TO migrate;
