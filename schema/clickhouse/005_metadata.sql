-- Names that exporters give to numbers, learned from their options data: read with FINAL, the newest row of a number holds.

CREATE TABLE IF NOT EXISTS metadata
(
    -- When it was told. Collectors send a name again each hour in which it is told.
    time DateTime64(3, 'UTC'),
    kind Enum8('interface' = 1, 'application' = 2, 'vrf' = 3, 'sampler' = 4),
    exporter IPv6,
    observation_domain_id UInt32,
    -- An ifIndex, VRF id or sampler id in decimal; an application id in hexadecimal, as hex(raw.application_id) in lower case.
    id String,
    name String,
    description String
)
ENGINE = ReplacingMergeTree(time)
ORDER BY (kind, exporter, observation_domain_id, id)
TTL toDateTime(time) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000;
