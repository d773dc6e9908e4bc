import { InputStream, OutputStream, RingBuffer } from '@nodeacq/stream'
import { Host } from '../Host.ts'
import { Manager } from '../Manager.ts'
import { Node } from '../Node.ts'
import { NodeGroup } from '../NodeGroup.ts'
import { getNodeType, nodeTypeAliases, nodeTypes, registerNodeType } from '../nodeTypes.ts'

/** What `import` finds under `pyacq` and every module below it: our classes under pyacq's names. */
function pyacq(): object {
  const types = Object.fromEntries(
    [...nodeTypes(), ...Object.keys(nodeTypeAliases())].map((name) => [name, getNodeType(name)])
  )
  return {
    '~proxied': true,
    ...types,
    Node,
    NodeGroup,
    Host,
    Manager,
    InputStream,
    OutputStream,
    RingBuffer,
    registerNodeType
  }
}

/** The two modules of Python's own that pyacq clients use: to measure a clock and to name a process. */
const PYTHON_MODULES: Readonly<Record<string, object>> = {
  time: {
    '~proxied': true,
    time: () => Date.now() / 1000,
    perf_counter: () => performance.now() / 1000,
    monotonic: () => performance.now() / 1000,
    sleep: (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  },
  os: { '~proxied': true, getpid: () => process.pid }
}

/** The module that stands for a Python name, or undefined when there is none. */
export function virtualModule(name: string): object | undefined {
  if (/^(pyacq|nodeacq)(\.\w+)*$/.test(name)) return pyacq()
  return PYTHON_MODULES[name]
}
