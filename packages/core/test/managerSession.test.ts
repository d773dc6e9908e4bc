import { readFileSync } from 'node:fs'
import { startManager } from '@nodeacq/core'
import { OutputStream } from '@nodeacq/stream'
import { ZmqSocket } from '@nodeacq/zmq'
import { Decoder, Encoder } from '@msgpack/msgpack'
import { expect, test } from 'vitest'
import './fixtures/nodes.ts'

/**
 * What a real pyacq client said to a real Manager and NodeGroup, said to ours frame by frame. The answers must be the
 * same but for what names a process: addresses, object numbers, type texts, and the traces of errors.
 */
interface Entry {
  readonly label: string
  readonly direction: 'request' | 'response'
  readonly server: string
  readonly req_id?: number
  readonly action?: string
  readonly return_type?: string
  readonly opts?: unknown
  readonly message?: { action: string; req_id?: number; rval?: unknown; error?: [string, string[]] | null }
}

interface Proxy {
  ___type_name___: 'proxy'
  rpc_addr: string
  obj_id: number
  ref_id: number
  type_str: string
  attributes: string[]
}

const { entries } = JSON.parse(
  readFileSync(new URL('./fixtures/rpc_manager_session.json', import.meta.url), 'utf8')
) as { entries: Entry[] }

/** Where ours differs from the recording, and why. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'import manager module': 'our manager exists already; the module is another object',
  'Manager()': 'made by startManager',
  get_logger_info: 'the manager has a log server of its own',
  list_node_types: 'ours has other types',
  register_node_type_from_module: 'a module of pyacq’s own tests',
  'output.params value': 'ports, and our additions under one key',
  'unknown node class: KeyError': 'the text names the nearest types',
  'nodegroup client sees disconnect': 'comes without being asked'
}

const encoder = new Encoder()
const decoder = new Decoder()

function isProxy(value: unknown): value is Proxy {
  return typeof value === 'object' && value !== null && '___type_name___' in value && value.___type_name___ === 'proxy'
}

/** Replaces recorded proxies by ours wherever they stand. */
function translate(value: unknown, known: ReadonlyMap<string, Proxy>): unknown {
  if (isProxy(value)) {
    const ours = known.get(`${value.rpc_addr} ${value.obj_id}`)
    return ours ? { ...ours, attributes: value.attributes } : value
  }
  if (Array.isArray(value)) return value.map((item) => translate(item, known))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, translate(item, known)]))
}

/** Learns which of our proxies stands for which recorded one. */
function learn(recorded: unknown, ours: unknown, known: Map<string, Proxy>): void {
  if (isProxy(recorded) && isProxy(ours)) known.set(`${recorded.rpc_addr} ${recorded.obj_id}`, ours)
  else if (Array.isArray(recorded) && Array.isArray(ours)) recorded.forEach((item, i) => learn(item, ours[i], known))
}

test('a recorded session of a pyacq client with a manager runs against ours', async () => {
  await using manager = await startManager({})
  await using source = new OutputStream({ dtype: 'float32', shape: [-1, 2], sampleRate: 1000 })
  await source.configure()
  const sockets = new Map<string, ZmqSocket>()
  const known = new Map<string, Proxy>()
  const [managerAddress] = entries.map((entry) => entry.server)

  const socketFor = (recorded: string, address: string) => {
    const before = sockets.get(recorded)
    if (before) return before
    const socket = new ZmqSocket('dealer', { identity: `session.${sockets.size}` })
    socket.connect(address)
    sockets.set(recorded, socket)
    return socket
  }

  let requests = 0
  for (const [place, entry] of entries.entries()) {
    if (entry.direction !== 'request' || entry.label === 'stop manager process') continue
    const expected = entries
      .slice(place + 1)
      .find(
        (later) =>
          later.direction === 'response' && later.message?.req_id === entry.req_id && later.server === entry.server
      )
    if (['import manager module', 'Manager()'].includes(entry.label)) {
      // The recording makes its manager; ours is published.
      continue
    }
    let opts = translate(entry.opts, known)
    if (entry.label === 'register_node_type_from_module') continue
    // The recorded source is gone; one of ours without its side channel is as good.
    if (entry.label === 'node.input.connect(dict)')
      opts = { ...(opts as object), args: [{ ...source.params, nodeacq: null }] }
    if (entry.label === 'create_node') opts = { ...(opts as object), args: ['Counter'] }
    const address =
      entry.server === managerAddress
        ? manager.address
        : [...known.values()].find((proxy) => proxy.rpc_addr !== manager.address)!.rpc_addr
    const socket = socketFor(entry.server, address)
    const body = entry.opts === null || entry.opts === undefined ? Buffer.alloc(0) : encoder.encode(opts)
    await socket.send([String(entry.req_id), entry.action!, entry.return_type!, 'msgpack', body])
    requests++
    let message: NonNullable<Entry['message']>
    do {
      const [frame] = await socket.receive()
      message = decoder.decode(frame!) as NonNullable<Entry['message']>
    } while ((message.req_id ?? 0) < 0) // the server looks whether we are still there
    expect({ label: entry.label, id: message.req_id, error: message.error?.[0] }).toEqual({
      label: entry.label,
      id: entry.req_id,
      error: expected?.message?.error?.[0]
    })
    // Object 1 of the recording is known by the answer to `Manager()`, which we skip.
    if (entry.label === "client['manager']") {
      for (const id of [0, 1]) known.set(`${managerAddress} ${id}`, message.rval as Proxy)
    }
    learn(expected?.message?.rval, message.rval, known)
    if (entry.label in DIFFERENT || isProxy(message.rval)) continue
    expect({ label: entry.label, answer: shape(message.rval) }).toEqual({
      label: entry.label,
      answer: shape(expected?.message?.rval)
    })
  }
  expect(requests).toBe(25)
  for (const socket of sockets.values()) socket.close()
})

/** A value without what differs between two runs. */
function shape(value: unknown): unknown {
  if (isProxy(value)) return 'proxy'
  // Params of a stream: ports differ, and ours has one key more.
  if (typeof value === 'object' && value !== null && 'transfermode' in value) {
    return { ...value, port: '', nodeacq: undefined }
  }
  return Array.isArray(value) ? value.map(shape) : (value ?? null)
}
