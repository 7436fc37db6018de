// Makes a clone ready to run: installs from the lockfile when node_modules is missing or older, builds when a source is newer than the
// build. Plain JavaScript without dependencies, since it runs before there are any. Quick when there is nothing to do.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const sources = [
  'runtime',
  'schema',
  'collector',
  'exporter',
  'rules',
  'api',
  'alert',
  'netmon',
  'bench',
  'grafana',
  'test/fuzz',
  'console',
]
const sourceNames = /\.(ts|tsx|css|html|svg)$/
const builtMark = path.join(root, 'dist', '.built')

/** Installs and builds what is needed; ends the process with one line when that fails. */
export function makeFresh() {
  const lockfile = path.join(root, 'package-lock.json')
  if (modified(path.join(root, 'node_modules', '.package-lock.json')) < modified(lockfile)) {
    console.error('installing what package-lock.json lists ...')
    run('npm', [
      'ci',
      '--include=dev',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ])
  }
  if (modified(builtMark) < newestSource()) {
    console.error('building ...')
    build()
  }
}

/** Built beside the old one and swapped in, so that a command started meanwhile finds a whole build. */
function build() {
  const beside = path.join(root, 'dist.new')
  rmSync(beside, { recursive: true, force: true })
  const startedMs = Date.now()
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', beside])
  const bundler = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  run(process.execPath, [
    bundler,
    'build',
    'console',
    '--outDir',
    path.join(beside, 'console'),
    '--emptyOutDir',
  ])
  writeFileSync(path.join(beside, '.built'), `${new Date(startedMs).toISOString()}\n`)
  const current = path.join(root, 'dist')
  const old = path.join(root, 'dist.old')
  rmSync(old, { recursive: true, force: true })
  if (existsSync(current)) renameSync(current, old)
  renameSync(beside, current)
  rmSync(old, { recursive: true, force: true })
}

function newestSource() {
  let newest = modified(path.join(root, 'tsconfig.build.json'))
  // The image has no tests.
  for (const directory of sources.filter((name) => existsSync(path.join(root, name)))) {
    for (const entry of readdirSync(path.join(root, directory), { recursive: true })) {
      if (!sourceNames.test(String(entry))) continue
      newest = Math.max(newest, modified(path.join(root, directory, String(entry))))
    }
  }
  return newest
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0
}

function run(command, args) {
  // Output goes to stderr: stdout belongs to what is started afterwards.
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status === 0) return
  console.error(
    `${path.basename(args[0] ?? command)} failed: ${error?.message ?? `exit ${status ?? signal}`}`,
  )
  process.exit(1)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) makeFresh()
