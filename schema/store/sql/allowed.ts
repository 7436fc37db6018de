// What callers may use. The engine can read and write files, call out to other hosts and run programs; behind HTTP none of that is anybody's business.
// Table functions, engines, sources and the settings that hold text are allowed by name: one that a later engine adds is refused until it is put here.

/** They make rows of nothing or read what the store itself holds. */
export const tableFunctions = new Set([
  'dictionary',
  'generate_series',
  'generaterandom',
  'generateseries',
  'input',
  'merge',
  'null',
  'numbers',
  'numbers_mt',
  'values',
  'view',
  'zeros',
  'zeros_mt',
])

/** Functions that read files, call other hosts or run models, and `disk`, which makes a disk of any path. */
export const refusedFunctions = new Set([
  'file',
  'disk',
  'catboostevaluate',
  'python',
  'aiclassify',
  'aiembed',
  'aiextract',
  'aigenerate',
  'aitranslate',
  'showcertificate',
])

/** Engines of tables and databases that keep their data in the store, or nowhere. */
export const engines = new Set([
  'aggregatingmergetree',
  'atomic',
  'buffer',
  'coalescingmergetree',
  'collapsingmergetree',
  'join',
  'log',
  'memory',
  'mergetree',
  'null',
  'replacingmergetree',
  'set',
  'stripelog',
  'summingmergetree',
  'tinylog',
  'versionedcollapsingmergetree',
])

/** Settings of a table that reads from the brokers which the store was started with, and from no others. */
export const kafkaSettings = new Set([
  'kafka_broker_list',
  'kafka_client_id',
  'kafka_flush_interval_ms',
  'kafka_format',
  'kafka_group_name',
  'kafka_handle_error_mode',
  'kafka_max_block_size',
  'kafka_num_consumers',
  'kafka_sasl_mechanism',
  'kafka_sasl_password',
  'kafka_sasl_username',
  'kafka_security_protocol',
  'kafka_thread_per_consumer',
  'kafka_topic_list',
])

/** Words that may follow a column called `engine`, in a view's query. */
export const afterEngineColumn = new Set([
  'and',
  'as',
  'asc',
  'between',
  'desc',
  'else',
  'end',
  'from',
  'ilike',
  'in',
  'is',
  'like',
  'not',
  'or',
  'then',
  'when',
])

/** How a dictionary may be kept: in memory. */
export const dictionaryLayouts = new Set([
  'cache',
  'complex_key_cache',
  'complex_key_direct',
  'complex_key_hashed',
  'complex_key_hashed_array',
  'complex_key_range_hashed',
  'complex_key_sparse_hashed',
  'direct',
  'flat',
  'hashed',
  'hashed_array',
  'ip_trie',
  'polygon',
  'range_hashed',
  'sparse_hashed',
])

/** What a dictionary's SOURCE(CLICKHOUSE(...)) may say: a query or a table of the store itself; never another host. */
export const dictionarySourceKeys = new Set([
  'db',
  'invalidate_query',
  'query',
  'table',
  'update_field',
  'update_lag',
  'where',
])

/** First words of statements, with the second words that may follow where not all may. */
export const statements = new Map<string, ReadonlySet<string> | undefined>([
  ['(', undefined],
  ['ALTER', new Set(['TABLE'])],
  ['CHECK', undefined],
  ['CREATE', new Set(['DATABASE', 'DICTIONARY', 'MATERIALIZED', 'OR', 'TABLE', 'VIEW'])],
  ['DELETE', undefined],
  ['DESC', undefined],
  ['DESCRIBE', undefined],
  ['DROP', new Set(['DATABASE', 'DICTIONARY', 'TABLE', 'VIEW'])],
  ['EXCHANGE', undefined],
  ['EXISTS', undefined],
  ['EXPLAIN', undefined],
  ['FROM', undefined],
  ['INSERT', undefined],
  ['OPTIMIZE', undefined],
  ['RENAME', undefined],
  ['REPLACE', new Set(['DICTIONARY', 'TABLE', 'VIEW'])],
  ['SELECT', undefined],
  ['SET', undefined],
  ['SHOW', undefined],
  ['SYSTEM', new Set(['CANCEL', 'REFRESH', 'RELOAD', 'START', 'STOP', 'WAIT'])],
  ['TRUNCATE', undefined],
  ['UPDATE', undefined],
  ['USE', undefined],
  ['WITH', undefined],
])

/** Statements that the engine has and callers may not use; any other first word is a mistake in writing. */
export const refusedStatements = new Set([
  'ATTACH',
  'BACKUP',
  'BEGIN',
  'COMMIT',
  'COPY',
  'DETACH',
  'EXECUTE',
  'GRANT',
  'KILL',
  'MOVE',
  'RESTORE',
  'REVOKE',
  'ROLLBACK',
  'UNDROP',
  'WATCH',
])

/** SYSTEM verb object; RELOAD CONFIG, STOP LISTEN and their like are not for callers. */
export const systemObjects = new Set([
  'DICTIONARIES',
  'DICTIONARY',
  'MERGES',
  'TTL',
  'VIEW',
  'VIEWS',
])

/** Not CapnProto, Template and AvroConfluent, which read files and hosts that a setting or a schema names. */
export const formats =
  /^(?:Arrow|ArrowStream|Avro|BSONEachRow|LineAsString|Markdown|MsgPack|Native|NDJSON|Null|ORC|Parquet|Raw|RawBLOB|Regexp|SQLInsert|TSKV|Values|Vertical|XML|(?:CSV|CustomSeparated|JSON|Pretty|Protobuf|RowBinary|TSV|TabSeparated)[A-Za-z]*)$/i

/** Settings of these types name files, hosts, other languages or hold SQL: only those of `textSettings` are taken. */
export const textTypes = new Set(['String', 'Map', 'URI', 'Dialect'])

export const textSettings = new Set([
  'bool_false_representation',
  'bool_true_representation',
  'column_names_for_schema_inference',
  'count_distinct_implementation',
  'force_data_skipping_indices',
  'force_optimize_projection_name',
  'format_csv_null_representation',
  'format_custom_field_delimiter',
  'format_custom_result_after_delimiter',
  'format_custom_result_before_delimiter',
  'format_custom_row_after_delimiter',
  'format_custom_row_before_delimiter',
  'format_custom_row_between_delimiter',
  'format_regexp',
  'format_schema',
  'format_schema_message_name',
  'format_schema_source',
  'format_tsv_null_representation',
  'ignore_data_skipping_indices',
  'insert_deduplication_token',
  'output_format_sql_insert_table_name',
  'preferred_optimize_projection_name',
  'query_cache_tag',
])

/** Settings of other types that would undo what this server relies on. */
export const refusedSettings = new Set([
  'implicit_select',
  'input_format_values_deduce_templates_of_expressions',
  'input_format_values_interpret_expressions',
])
