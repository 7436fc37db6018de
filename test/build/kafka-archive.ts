// Kafka's classes as the JVM keeps them in memory: with such an archive a broker starts in a third of the time, and the tests start a dozen.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const giveUpMs = 60_000

/** Of what one broker loads from its start to its end. A JVM that cannot make one says so and goes without. */
export async function archiveClasses(
  archive: string,
  java: (mainClass: string, args: readonly string[]) => string[],
): Promise<void> {
  const work = await mkdtemp(`${archive}-`)
  try {
    const file = path.join(work, 'server.properties')
    await writeFile(file, properties(path.join(work, 'data')))
    const format = [
      'format',
      '--standalone',
      '--cluster-id',
      'bmV0bW9uIHRlc3QgMDAwMA',
      '--config',
      file,
    ]
    await promisify(execFile)('java', java('kafka.tools.StorageTool', format))
    const made = path.join(work, 'classes.jsa')
    const args = [`-XX:ArchiveClassesAtExit=${made}`, ...java('kafka.Kafka', [file])]
    const broker = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: giveUpMs })
    let said = ''
    for (const stream of [broker.stdout, broker.stderr]) {
      stream.on('data', (text) => {
        said += text
        if (said.includes('Kafka Server started')) broker.kill()
      })
    }
    await once(broker, 'close')
    if (existsSync(made)) await rename(made, archive)
    else process.stderr.write(`the JVM has made no archive of Kafka's classes:\n${said}`)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** On ports that the kernel chooses. */
const properties = (data: string) => `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:9
listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0
controller.listener.names=CONTROLLER
log.dirs=${data}
`
