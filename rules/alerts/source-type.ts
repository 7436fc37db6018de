// Alerts that need no rule have a type of their own.

/** In place of a rule's type, and of its id. */
export const sourceTypes = ['collector_silent', 'exporter_silent'] as const
export type SourceType = (typeof sourceTypes)[number]

export function isSourceType(type: string): type is SourceType {
  return sourceTypes.some((one) => one === type)
}
