import { FilterError } from '../../errors.ts'
import type { Engine } from './Engine.ts'
import { JsEngine } from './js/JsEngine.ts'
import { createWasmEngine } from './wasm/WasmEngine.ts'

/** Names that graphs made for pyacq give; here they all mean `auto`. */
const PYACQ_NAMES = ['scipy', 'opencl', 'opencl2', 'opencl3']

/** How an engine is made; undefined where this machine cannot have it. */
type EngineFactory = () => Engine | undefined

/** The best first. */
const AUTO = ['wasm', 'js']
const factories = new Map<string, EngineFactory>([
  ['wasm', createWasmEngine],
  ['js', () => new JsEngine()]
])
const engines = new Map<string, Engine>()

/** Names that `getEngine` takes and that graphs may give. */
export function engineNames(): string[] {
  return ['auto', ...factories.keys(), ...PYACQ_NAMES]
}

/**
 * The engine of a name: `wasm`, `js`, one that was registered, or `auto` for the best there is; nothing, and pyacq's own
 * names, mean `auto`. An engine is made once per process.
 * @throws FilterError when there is none of that name, or this machine cannot have it
 */
export function getEngine(name?: string | null): Engine {
  const wanted = name == null || PYACQ_NAMES.includes(name) ? 'auto' : name
  if (wanted !== 'auto' && !factories.has(wanted)) {
    throw new FilterError('engine', `one of ${engineNames().join(', ')}`, JSON.stringify(name))
  }
  for (const candidate of wanted === 'auto' ? AUTO : [wanted]) {
    const engine = engines.get(candidate) ?? factories.get(candidate)!()
    if (engine === undefined) continue
    engines.set(candidate, engine)
    return engine
  }
  throw new FilterError('engine', 'one that this machine can have', JSON.stringify(name))
}

/**
 * Makes another engine known by name. `auto` does not take it.
 * @param create gives undefined where this machine cannot have it
 */
export function registerEngine(name: string, create: EngineFactory): void {
  factories.set(name, create)
  engines.delete(name)
}
