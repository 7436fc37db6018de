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

-- The prefixes of all rules and of the local networks, each with the chain of rule prefixes that enclose it (itself included, when a rule
-- has it). All prefixes that match an address enclose the most specific one, so one look-up of that one gives them all.
--
-- Minutes of a rule's prefix from active_from on are counted as flows come in; earlier ones are filled in from raw (prefix_fills).
CREATE TABLE IF NOT EXISTS prefixes
(
    prefix String,
    family UInt8,
    chain Array(String),
    -- Of each prefix of the chain.
    chain_active_from Array(DateTime('UTC')),
    active_from DateTime('UTC'),
    version UInt64,
    deleted UInt8
)
ENGINE = ReplacingMergeTree(version)
ORDER BY prefix;
