/** A rule was changed while it was judged, so that its traffic is not of the prefixes that were read. */
export class RuleChanged extends Error {
  override readonly name = 'RuleChanged'
}
