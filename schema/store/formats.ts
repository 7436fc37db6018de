// How formats are labelled in an answer's Content-Type, as ClickHouse does.

const contentTypes: readonly (readonly [RegExp, string])[] = [
  [/^(?:JSON(?:Strings)?EachRow|JSONL|JSONLines|NDJSON)$/i, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/i, 'application/json; charset=UTF-8'],
  [/^CSVWithNames/i, 'text/csv; charset=UTF-8; header=present'],
  [/^CSV/i, 'text/csv; charset=UTF-8; header=absent'],
  [/^(?:TSV|TabSeparated|TSKV)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^XML$/i, 'application/xml; charset=UTF-8'],
  [/^(?:Pretty|Vertical|Values|Markdown|LineAsString|SQLInsert)/i, 'text/plain; charset=UTF-8'],
]

/** Binary unless known as text. */
export function contentType(format: string): string {
  return contentTypes.find(([name]) => name.test(format))?.[1] ?? 'application/octet-stream'
}
