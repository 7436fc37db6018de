// What is shown, for other programs: as a file, as a request, as SQL.

import { useState } from 'preact/hooks'
import { failureOf } from '../ask.ts'
import { requestText } from '../request.ts'
import { readToken } from '../token.ts'

export function Exports({ path, sql }: { path: string; sql: string | undefined }) {
  const [said, setSaid] = useState('')
  const copy = async (what: string, text: string) => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid(`${what} copied`)
    } catch {
      setSaid('the browser does not let the console copy')
    }
    setTimeout(() => setSaid(''), 3000)
  }
  const download = async (format: 'csv' | 'json') => {
    try {
      save(await requestText(`${path}&format=${format}`), `traffic.${format}`)
    } catch (error) {
      setSaid(failureOf(error).message)
    }
  }
  return (
    <>
      <span class="muted" role="status">
        {said}
      </span>
      <button type="button" onClick={() => void download('csv')}>
        CSV
      </button>
      <button type="button" onClick={() => void download('json')}>
        JSON
      </button>
      <button type="button" onClick={() => void copy('Request', curlOf(path))}>
        Copy as curl
      </button>
      <button
        type="button"
        disabled={sql === undefined}
        onClick={() => void copy('SQL', sql ?? '')}
      >
        Copy as SQL
      </button>
    </>
  )
}

/** The token is named and not shown: what is copied is pasted into chats. */
function curlOf(path: string): string {
  const token = readToken() === undefined ? '' : ' -H "Authorization: Bearer $NETMON_API_TOKEN"'
  return `curl -s${token} '${window.location.origin}${path.replaceAll("'", '%27')}'`
}

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text]))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
