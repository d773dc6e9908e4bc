// Plain JavaScript without new syntax, so that an old Node gets as far as the message below.
import * as nodeModule from 'node:module'
import { existsSync } from 'node:fs'

const NEEDED = [22, 18]
const SOURCE_CONDITION = 'nodeacq-source'

/**
 * Runs a program of this package: its TypeScript source where that is present (in the repository), else `dist`.
 * @param {string} program name of the module without its extension
 */
export async function launch(program) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
    process.stderr.write(`nodeacq needs Node >= ${NEEDED.join('.')}, this is ${process.versions.node}\n`)
    process.exit(1)
  }
  const source = new URL(`../src/${program}.ts`, import.meta.url)
  if (!existsSync(source)) return await import(`../dist/${program}.js`)
  nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [SOURCE_CONDITION, ...context.conditions] })
  })
  return await import(source.href)
}
