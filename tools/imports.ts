import { readFile, glob } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { ROOT, folderOf, layerOf, packages } from './workspace.ts'
import type { Package } from './workspace.ts'

/** Where an import stands: `src/ring/Ring.ts` of folder `stream`, or of no package (`tools/`, `examples/`). */
export interface SourceFile {
  /** Folder of `packages/`; undefined for files outside. */
  readonly folder: string | undefined
  /** Path relative to the repository, with `/`. */
  readonly path: string
}

export interface Import {
  readonly specifier: string
  /** From 1. */
  readonly line: number
}

const IMPORTS = [
  /^[ \t]*(?:import|export)\b[^'"`;=()]*?\bfrom\s*(['"])(?<specifier>[^'"\n]+)\1/gm,
  /^[ \t]*import\s*(['"])(?<specifier>[^'"\n]+)\1/gm,
  /\bimport(?:\.meta\.resolve)?\s*\(\s*(['"])(?<specifier>[^'"\n]+)\1/g
]

/** The modules that a source text names: import and export declarations, `import()`, `import.meta.resolve()`. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text)
  const found = IMPORTS.flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => {
      const end = match.index + match[0].length
      return { specifier: match.groups?.['specifier'] ?? '', line: code.slice(0, end).split('\n').length }
    })
  )
  return found.toSorted((a, b) => a.line - b.line)
}

/** Blanks comments and keeps the lines where they are. A `//` inside a string follows no space and is left alone. */
function withoutComments(text: string): string {
  return text
    .replace(/(^|\s)\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** What is wrong with an import, or undefined. */
export function importProblem(file: SourceFile, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return relativeProblem(file, specifier)
  const [name, subpath] = splitSpecifier(specifier)
  const target = folderOf(name)
  if (target !== undefined && subpath !== undefined) return `only the index of ${name} may be imported`
  if (file.folder === undefined || file.folder === 'testing' || isTest(file)) return undefined
  if (name === 'zeromq' && file.folder !== 'zmq') return 'only @nodeacq/zmq touches zeromq'
  if (file.folder === 'ndarray' && isBuiltin(specifier)) return 'ndarray runs in browsers: no module of Node'
  if (target === undefined) return undefined
  if (target === 'testing') return 'testing is for tests and tools'
  if (target === file.folder) return 'inside its own package a file is imported by its relative path'
  return mayImport(file.folder, target) ? undefined : `${file.folder} may not import ${target}: ${direction()}`
}

function relativeProblem({ folder, path }: SourceFile, specifier: string): string | undefined {
  const target = join(dirname(path), specifier).split(sep).join('/')
  if (folder !== undefined && !target.startsWith(`packages/${folder}/`))
    return 'a relative import may not leave the package'
  // A bin is a program, not part of what a package exports.
  const isBin = /^packages\/[^/]+\/bin\//.test(target)
  if (folder === undefined && target.startsWith('packages/') && !isBin) return 'a package is imported by its name'
  return undefined
}

function isTest({ path }: SourceFile): boolean {
  return path.endsWith('.test.ts') || /^packages\/[^/]+\/(test|proofs)\//.test(path)
}

function splitSpecifier(specifier: string): [name: string, subpath: string | undefined] {
  const parts = specifier.split('/')
  const length = specifier.startsWith('@') ? 2 : 1
  const subpath = parts.slice(length).join('/')
  return [parts.slice(0, length).join('/'), subpath === '' ? undefined : subpath]
}

function mayImport(from: string, to: string): boolean {
  return layerOf(to) !== -1 && layerOf(to) < layerOf(from)
}

function direction(): string {
  return 'packages import only what is on their left (LAYERS in tools/workspace.ts)'
}

/** What is wrong with the dependencies that a manifest lists, or with the place of the package. */
export function manifestProblems({ folder, manifest }: Pick<Package, 'folder' | 'manifest'>): string[] {
  if (folder === 'testing') return manifest.private === true ? [] : ['testing must be private']
  if (layerOf(folder) === -1) return [`${folder} has no place among the packages (LAYERS in tools/workspace.ts)`]
  const { dependencies, optionalDependencies, peerDependencies } = manifest
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).flatMap((name) => {
    if (name === 'zeromq' && folder !== 'zmq') return ['only @nodeacq/zmq depends on zeromq']
    const target = folderOf(name)
    return target === undefined || mayImport(folder, target)
      ? []
      : [`${folder} may not depend on ${name}: ${direction()}`]
  })
}

/** Every breach of the import direction in the repository, as `path:line: problem`. */
export async function importProblems(): Promise<string[]> {
  const workspace = await packages()
  const places = [
    ...workspace.map(({ folder }) => ({
      folder,
      pattern: `packages/${folder}/{src,test,proofs,client}/**/*.{ts,tsx,mts}`
    })),
    { folder: undefined, pattern: '{tools,examples}/**/*.{ts,mts}' }
  ]
  const problems = workspace.flatMap((one) =>
    manifestProblems(one).map((problem) => `packages/${one.folder}/package.json: ${problem}`)
  )
  for (const { folder, pattern } of places) {
    for await (const found of glob(pattern, {
      cwd: ROOT,
      exclude: (name) => name === 'node_modules' || name === 'dist'
    })) {
      const path = relative(ROOT, resolve(ROOT, found)).split(sep).join('/')
      for (const { specifier, line } of importsOf(await readFile(join(ROOT, path), 'utf8'))) {
        const problem = importProblem({ folder, path }, specifier)
        if (problem !== undefined) problems.push(`${path}:${line}: ${problem} (got '${specifier}')`)
      }
    }
  }
  return problems
}
