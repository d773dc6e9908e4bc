import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const OWN_PACKAGE = /^(nodeacq|@nodeacq\/[^/]+)(\/|$)/
const SOURCE_CONDITION = 'nodeacq-source'

let installed = false

/**
 * From now on `import 'nodeacq'` and `import '@nodeacq/…'` mean the copy that this program uses, in whatever folder the
 * importing module lies: a laboratory's own `.ts` file needs no installation beside it, and there is one copy, so that
 * `instanceof` and the node registry hold. Calling it again changes nothing.
 */
export function installModuleHooks(): void {
  if (installed) return
  installed = true
  // Where our copy is looked for: from this package, from the program, and from what both know as `nodeacq`, which
  // depends on every package of ours.
  const bases = [import.meta.url]
  if (process.argv[1] !== undefined) bases.push(pathToFileURL(process.argv[1]).href)
  const fromSource = import.meta.url.endsWith('.ts')

  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (!OWN_PACKAGE.test(specifier)) return nextResolve(specifier, context)
      if (context.conditions.includes('require')) {
        // `require` cannot be resolved from elsewhere, so it is resolved as an import.
        const path = attempt(() => fileURLToPath(import.meta.resolve(specifier)))
        return nextResolve(path ?? specifier, context)
      }
      const conditions = fromSource ? [...new Set([...context.conditions, SOURCE_CONDITION])] : context.conditions
      // nextResolve writes into the context it is given: each call gets its own.
      const original = { ...context, conditions }
      const resolveFrom = (parentURL: string, wanted: string) =>
        attempt(() => nextResolve(wanted, { ...original, parentURL }))
      for (const base of bases) {
        const found = resolveFrom(base, specifier)
        if (found) return found
      }
      for (const base of bases) {
        const umbrella = resolveFrom(base, 'nodeacq')
        const found = umbrella && resolveFrom(umbrella.url, specifier)
        if (found) return found
      }
      return nextResolve(specifier, original)
    }
  })
}

function attempt<T>(resolve: () => T): T | undefined {
  try {
    return resolve()
  } catch {
    return undefined
  }
}
