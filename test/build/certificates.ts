// Certificates for one test: an authority, a server's and a client's from it, and an authority that nobody trusts.

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string
  /** For localhost and 127.0.0.1; the key, the certificate and its authority's in one file. */
  readonly serverKeyAndCertificate: string
  readonly clientKey: string
  readonly clientCertificate: string
  /** Of an authority that has signed none of the above. */
  readonly otherCa: string
}

const openssl = (args: string[]) => promisify(execFile)('openssl', args)

export async function makeCertificates(directory: string): Promise<Certificates> {
  const fileOf = (name: string) => path.join(directory, name)

  const makeKey = (name: string) =>
    openssl([
      ...['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      ...['-out', fileOf(`${name}.key`)],
    ])

  const makeAuthority = async (name: string) => {
    await makeKey(name)
    await openssl([
      ...['req', '-x509', '-new', '-key', fileOf(`${name}.key`), '-days', '2'],
      ...['-subj', `/CN=${name}`, '-out', fileOf(`${name}.pem`)],
    ])
    return fileOf(`${name}.pem`)
  }

  const makeSigned = async (name: string, subjectAltName: string) => {
    await makeKey(name)
    await writeFile(fileOf(`${name}.ext`), `subjectAltName=${subjectAltName}\n`)
    await openssl([
      ...['req', '-new', '-key', fileOf(`${name}.key`), '-subj', `/CN=${name}`],
      ...['-out', fileOf(`${name}.csr`)],
    ])
    await openssl([
      ...['x509', '-req', '-in', fileOf(`${name}.csr`), '-days', '2', '-CAcreateserial'],
      ...['-CA', fileOf('ca.pem'), '-CAkey', fileOf('ca.key')],
      ...['-extfile', fileOf(`${name}.ext`), '-out', fileOf(`${name}.pem`)],
    ])
  }

  const ca = await makeAuthority('ca')
  const otherCa = await makeAuthority('other-ca')
  await makeSigned('server', 'DNS:localhost,IP:127.0.0.1')
  await makeSigned('client', 'DNS:client')
  const parts = ['server.key', 'server.pem', 'ca.pem'].map((name) => readFile(fileOf(name)))
  await writeFile(fileOf('server-all.pem'), Buffer.concat(await Promise.all(parts)))
  return {
    ca,
    otherCa,
    serverKeyAndCertificate: fileOf('server-all.pem'),
    clientKey: fileOf('client.key'),
    clientCertificate: fileOf('client.pem'),
  }
}
