import { Page } from './page.tsx'

export function NotFound() {
  return (
    <Page title="Nothing here">
      <p>
        The console has no such page. <a href="/">Home</a> shows what it has.
      </p>
    </Page>
  )
}
