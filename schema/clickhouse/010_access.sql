-- Who may ask the API, and what was written through it.

-- Named tokens: a document has the name, the role and the SHA-256 of the token, never the token. Insert-only versions, as `routers`.
CREATE TABLE IF NOT EXISTS tokens
(
    id String,
    version UInt64,
    deleted UInt8,
    doc String,
    updated_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY id;

-- What Cloudflare's shape of the API keeps besides routers and rules.
CREATE TABLE IF NOT EXISTS account
(
    id String,
    version UInt64,
    deleted UInt8,
    doc String,
    updated_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY id;

-- Every write through the API. A write has two rows of one id: one from before it is done, and one that takes its place when it is.
CREATE TABLE IF NOT EXISTS audit
(
    id String,
    time DateTime64(3, 'UTC'),
    -- 1 begun, 2 done.
    phase UInt8,
    request_id String,
    caller String,
    role LowCardinality(String),
    address String,
    method LowCardinality(String),
    path String,
    -- HTTP; 0 while it is not known.
    status UInt16,
    document_id String,
    -- JSON without secrets.
    before String CODEC(ZSTD(3)),
    after String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(phase)
ORDER BY (time, id)
TTL toDateTime(time) + INTERVAL 1 YEAR;
