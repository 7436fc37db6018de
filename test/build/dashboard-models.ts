// The dashboards as Grafana reads them from their JSON: panels, annotations, and queries of variables.

import { dashboards, formatDashboard } from '../../grafana/dashboards.ts'
import { expand, type View } from './expand-panel.ts'

/** Grafana's number for a variable that is not shown. */
const hidden = 2

export interface Target {
  rawSql: string
  format: number
}

export interface PanelModel {
  type: string
  title: string
  targets?: Target[]
  panels?: PanelModel[]
}

export interface DashboardModel {
  title: string
  uid: string
  panels: PanelModel[]
  templating?: {
    list: {
      type: string
      name: string
      query: unknown
      current?: { value: string }
      hide?: number
    }[]
  }
  annotations: { list: { name: string; target: Target }[] }
}

/** By the name of their file. */
export const models: ReadonlyMap<string, DashboardModel> = new Map(
  [...dashboards].map(([file, dashboard]) => [
    file,
    JSON.parse(formatDashboard(dashboard)) as DashboardModel,
  ]),
)

export function modelOf(file: string): DashboardModel {
  const model = models.get(file)
  if (model === undefined) throw new Error(`no dashboard ${file}`)
  return model
}

/** Every panel with a query, whichever row it stands in. */
export const panelsOf = ({ panels }: DashboardModel): PanelModel[] =>
  panels
    .flatMap((panel) => [panel, ...(panel.panels ?? [])])
    .filter(({ targets }) => targets !== undefined)

/** Everything that a dashboard asks the data source. */
export function questionsOf(model: DashboardModel): { title: string; rawSql: string }[] {
  return [
    ...panelsOf(model).flatMap(({ title, targets }) =>
      (targets ?? []).map(({ rawSql }) => ({ title, rawSql })),
    ),
    ...model.annotations.list.map(({ name, target }) => ({ title: name, rawSql: target.rawSql })),
    ...(model.templating?.list ?? []).flatMap(({ name, type, query }) =>
      type === 'query' ? [{ title: name, rawSql: String(query) }] : [],
    ),
  ]
}

/** @throws Error when there is none of that title */
export function sqlOf(model: DashboardModel, title: string): string {
  const question = questionsOf(model).find((candidate) => candidate.title === title)
  if (question === undefined) throw new Error(`no panel ${title}`)
  return question.rawSql
}

/**
 * Values of the variables: `chosen`, else what the dashboard begins with; those of hidden queries as `ask`, which runs SQL, answers with the ones before.
 */
export async function variablesOf(
  { templating }: DashboardModel,
  chosen: Readonly<Record<string, string>>,
  ask: (sql: string) => Promise<object[]>,
): Promise<View['variables']> {
  const variables: Record<string, string> = {}
  for (const { name, type, query, current, hide } of templating?.list ?? []) {
    if (type === 'constant') variables[name] = String(query)
    else if (type === 'query' && hide === hidden) {
      const sql = expand(String(query), { from: 0, to: 0, intervalSeconds: 1, variables })
      const [row = {}] = await ask(sql)
      variables[name] = String(Object.values(row)[0])
    } else if (current) variables[name] = chosen[name] ?? current.value
  }
  return variables
}
