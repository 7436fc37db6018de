// The elements of options records that hold names, and the text in them.

const maxNameLength = 255
/** As many as that many characters can have in UTF-8. */
const maxNameBytes = 4 * maxNameLength

/** The name elements of one options record. */
export class NameElements {
  interfaceName = ''
  interfaceDescription = ''
  applicationName = ''
  applicationDescription = ''
  samplerName = ''
  vrfName = ''
  vrfId: number | undefined = undefined

  clear(): void {
    this.interfaceName = ''
    this.interfaceDescription = ''
    this.applicationName = ''
    this.applicationDescription = ''
    this.samplerName = ''
    this.vrfName = ''
    this.vrfId = undefined
  }
}

const utf8 = new TextDecoder('utf-8')

/**
 * Text for people out of `length` bytes that hold UTF-8: up to the first NUL, with which strings of fixed length are
 * filled up; without control characters; at most 255 characters. What is no UTF-8 becomes U+FFFD.
 */
export function readText(bytes: Uint8Array, offset: number, length: number): string {
  const part = bytes.subarray(offset, offset + Math.min(length, maxNameBytes))
  const nul = part.indexOf(0)
  const text = utf8.decode(nul === -1 ? part : part.subarray(0, nul))
  return [...text.replace(/\p{Cc}/gu, '').trim()].slice(0, maxNameLength).join('')
}
