// Parameters of a statement: values never become part of its text.

export interface Parameters {
  /** As `query_params` takes them. */
  readonly values: Record<string, unknown>
  /** Answers the placeholder that stands for the value, which is of this type of the store. */
  add(type: string, value: unknown): string
}

export function createParameters(): Parameters {
  const values: Record<string, unknown> = {}
  let count = 0
  return {
    values,
    add(type, value) {
      const name = `p${count++}`
      values[name] = value
      return `{${name}:${type}}`
    },
  }
}

/** The statement as people can run it by hand: each placeholder replaced with a literal of its value. For showing, never for asking. */
export function readableSql(sql: string, { values }: Parameters): string {
  return sql.replaceAll(/\{(p\d+):([^}]+)\}/g, (_, name: string, type: string) =>
    literal(values[name], type),
  )
}

function literal(value: unknown, type: string): string {
  if (Array.isArray(value)) {
    const inner = type.replace(/^Array\((.*)\)$/, '$1')
    return `[${value.map((each) => literal(each, inner)).join(', ')}]`
  }
  if (/^U?Int/.test(type)) return String(value)
  const text = String(value).replaceAll(/[\\']/g, '\\$&').replaceAll('\0', '\\0')
  return type === 'String' ? `'${text}'` : `CAST('${text}' AS ${type})`
}
