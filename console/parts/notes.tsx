import { visible } from '../visible.ts'

/** One sentence, or a list of them. */
export function Notes({ texts }: { texts: readonly string[] }) {
  if (texts.length === 1) return <p>{visible(sentence(texts[0]!))}</p>
  return (
    <ul>
      {texts.map((text) => (
        <li key={text}>{visible(sentence(text))}</li>
      ))}
    </ul>
  )
}

/** The API writes its messages for logs: without capital. Names of fields stay as they are. */
function sentence(text: string): string {
  return /^[a-z]+(?=[ ,'])/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text
}
