-- What people configure. Insert-only versions, read with FINAL; the API is the only writer.

CREATE TABLE IF NOT EXISTS routers
(
    id String,
    version UInt64,
    deleted UInt8,
    doc String,
    updated_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY id;

CREATE TABLE IF NOT EXISTS rules
(
    id String,
    version UInt64,
    deleted UInt8,
    doc String,
    updated_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY id;

-- The prefixes of all rules, each with the chain of rule prefixes that enclose it (itself included). All prefixes that match an
-- address enclose the most specific one, so one look-up of that one gives them all. Minutes before active_from were not counted.
CREATE TABLE IF NOT EXISTS prefixes
(
    prefix String,
    family UInt8,
    chain Array(String),
    active_from DateTime('UTC'),
    version UInt64,
    deleted UInt8
)
ENGINE = ReplacingMergeTree(version)
ORDER BY prefix;
