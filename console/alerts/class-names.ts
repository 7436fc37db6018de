import type { classes } from '../../rules/alerts/document.ts'

export type Class = (typeof classes)[number]

/** What an alert was, in words. */
export const classNames: Readonly<Record<Class, string>> = {
  false_positive: 'false positive',
  possible: 'possible attack',
  trivial: 'attack without effect',
  verified: 'verified attack',
  crippling: 'crippling attack',
}
