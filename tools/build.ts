/** `pnpm build`: JavaScript and declarations of every publishable package into its `dist`. */
import { existsSync } from 'node:fs'
import { cp, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runCommand } from './command.ts'
import { ROOT, packages } from './workspace.ts'
import type { Package } from './workspace.ts'

/** What lies in `src` and is not published. */
const NOT_PUBLISHED = /\.test\.ts$|(^|\/)fixtures\//

/** A path to TypeScript in emitted code: tsc rewrites only those in import declarations. */
const SOURCE_PATH = /(['"])(?<base>\.{1,2}\/[^'"\n]+)\.ts\1/

async function build({ folder, path }: Package): Promise<string | undefined> {
  const dist = join(path, 'dist')
  await rm(dist, { recursive: true, force: true })
  const { code, output } = await runCommand('tsc', ['-p', await writeConfig(folder, path)])
  if (code !== 0) return output
  await copyAssets(join(path, 'src'), dist)
  await buildPage(path, dist)
  return await leftOvers(dist)
}

/** A package with a page in the browser builds that itself. */
async function buildPage(path: string, dist: string): Promise<void> {
  const builder = join(path, 'client', 'buildPage.ts')
  if (!existsSync(builder)) return
  const { buildPageInto } = (await import(pathToFileURL(builder).href)) as {
    buildPageInto: (folder: string) => Promise<void>
  }
  await buildPageInto(join(dist, 'client'))
}

/** Writes the package's compiler settings under `.cache/` and returns where. Dependencies resolve to their `dist`. */
async function writeConfig(folder: string, path: string): Promise<string> {
  const file = join(ROOT, '.cache', 'build', `${folder}.json`)
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      rootDir: join(path, 'src'),
      outDir: join(path, 'dist'),
      declaration: true,
      sourceMap: true,
      inlineSources: true,
      rewriteRelativeImportExtensions: true,
      customConditions: []
    },
    include: [join(path, 'src')],
    exclude: [join(path, 'src/**/*.test.ts'), join(path, 'src/**/fixtures')]
  }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify(config, null, 2))
  return file
}

async function copyAssets(from: string, to: string): Promise<void> {
  for await (const entry of glob('**/*', { cwd: from, withFileTypes: true })) {
    const file = relative(from, join(entry.parentPath, entry.name))
    if (!entry.isFile() || /\.[cm]?tsx?$/.test(file) || NOT_PUBLISHED.test(file)) continue
    await cp(join(from, file), join(to, file))
  }
}

/** Paths that exist in the sources only. Code that also names the `.js` beside it chooses at run time, and is left alone. */
async function leftOvers(dist: string): Promise<string | undefined> {
  const found: string[] = []
  for await (const file of glob('**/*.js', { cwd: dist })) {
    const text = await readFile(join(dist, file), 'utf8')
    text.split('\n').forEach((line, i) => {
      const base = /^\s*(\/\/|\*)/.test(line) ? undefined : SOURCE_PATH.exec(line)?.groups?.['base']
      if (base !== undefined && !text.includes(`${base}.js`)) found.push(`${join(dist, file)}:${i + 1}: ${line.trim()}`)
    })
  }
  return found.length === 0
    ? undefined
    : `paths to .ts in emitted code, which do not exist there:\n${found.join('\n')}\n`
}

for (const one of await packages()) {
  if (one.manifest.private === true) continue
  const started = performance.now()
  const failure = await build(one)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${failure === undefined ? 'ok    ' : 'FAILED'} ${one.manifest.name.padEnd(16)} ${seconds} s`)
  if (failure !== undefined) {
    console.log(failure.trimEnd())
    process.exit(1)
  }
}
