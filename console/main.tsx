import { render } from 'preact'
import { App } from './app.tsx'
import { followLinks } from './location.ts'
import { followTheme } from './theme.ts'

followTheme()
followLinks()
render(<App />, document.getElementById('app')!)
