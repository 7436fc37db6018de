import type { ComponentChildren } from 'preact'
import { AlertPage } from './alerts/alert-page.tsx'
import { AlertsPage } from './alerts/alerts-page.tsx'
import { ChannelPage } from './channels/channel-page.tsx'
import { ChannelsPage } from './channels/channels-page.tsx'
import { ExplorePage } from './explore/explore-page.tsx'
import { FlowsPage } from './flows/flows-page.tsx'
import { HomePage } from './home/home-page.tsx'
import { type Location, useLocation } from './location.ts'
import { RouterPage } from './routers/router-page.tsx'
import { RoutersPage } from './routers/routers-page.tsx'
import { RulePage } from './rules/rule-page.tsx'
import { RulesPage } from './rules/rules-page.tsx'
import { DemoBanner } from './shell/demo-banner.tsx'
import { Header } from './shell/header.tsx'
import { NotFound } from './shell/not-found.tsx'
import { TokenDialog } from './shell/token-dialog.tsx'
import { SilencesPage } from './silences/silences-page.tsx'
import { StatusPage } from './status/status-page.tsx'

export function App() {
  const location = useLocation()
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Header path={location.path} />
      <DemoBanner />
      <main id="main" tabIndex={-1}>
        {pageOf(location)}
      </main>
      <TokenDialog />
    </>
  )
}

/** The key makes another document another page: nothing typed into one is left in the next. */
function pageOf({ path }: Location): ComponentChildren {
  const [, , page = '', id, ...rest] = path.split('/')
  if (rest.length > 0) return <NotFound />
  switch (page) {
    case '':
      return <HomePage />
    case 'explore':
      return <ExplorePage />
    case 'flows':
      return <FlowsPage />
    case 'alerts':
      return id === undefined ? <AlertsPage /> : <AlertPage key={id} id={id} />
    case 'silences':
      return <SilencesPage />
    case 'channels':
      return id === undefined ? <ChannelsPage /> : <ChannelPage key={id} id={id} />
    case 'status':
      return <StatusPage />
    case 'routers':
      return id === undefined ? <RoutersPage /> : <RouterPage key={id} id={id} />
    case 'rules':
      return id === undefined ? <RulesPage /> : <RulePage key={id} id={id} />
    default:
      return <NotFound />
  }
}
