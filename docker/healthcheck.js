// A container's health: the part answers at this address, and says that it can do its work. `fetch` is given less time than Docker gives this.

const [url] = process.argv.slice(2)

try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4_000) })
  if (!response.ok) throw new Error(`${response.status}: ${(await response.text()).slice(0, 500)}`)
} catch (error) {
  console.error(`${url}: ${error.cause?.message ?? error.message}`)
  process.exitCode = 1
}
