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
