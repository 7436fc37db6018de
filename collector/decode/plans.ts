// The plans of templates, one for all that have the same fields: routers of one kind send the same ones.

import { compile } from './plan.ts'
import type { Plan } from './record-plan.ts'
import type { Template } from './template.ts'

/** Layouts are free to invent. A plan that made room for others stays with the templates that have it. */
const maxPlans = 1_000

export class Plans {
  private readonly byFields = new Map<string, Plan>()

  /** Made for the first record: most templates of a flood never see one. */
  of(template: Template): Plan {
    template.plan ??= this.shared(template)
    return template.plan
  }

  private shared(template: Template): Plan {
    const { protocol, isOptions, scopeCount, layout } = template
    const key = `${protocol} ${isOptions ? scopeCount : 'data'} ${layout}`
    const known = this.byFields.get(key)
    if (known !== undefined) return known
    if (this.byFields.size >= maxPlans) {
      const [oldest = ''] = this.byFields.keys()
      this.byFields.delete(oldest)
    }
    const plan = compile(template)
    this.byFields.set(key, plan)
    return plan
  }
}
