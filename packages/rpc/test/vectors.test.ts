import { ZmqSocket } from '@nodeacq/zmq'
import { describe, expect, test } from 'vitest'
import { RpcServer } from '../src/index.ts'
import { json } from '../src/serialize/json.ts'
import type { Serializer, Tree } from '../src/serialize/Serializer.ts'
import { Demo, recordedDialect } from './support/demo.ts'
import { notation, readVectors } from './support/vectors.ts'
import type { Entry } from './support/vectors.ts'

const ADDRESS = 'tcp://127.0.0.1:5555'

/** What we answer otherwise than the recorded pyacq, and why. */
const OTHERWISE: Readonly<Record<string, { rval: unknown; because: string }>> = {
  echo_datetime_auto: {
    rval: { ___type_name___: 'datetime', data: '2015-01-01T12:00:00.000250' },
    because: 'dates go by value under `auto` too'
  },
  echo_bytes_auto: { rval: expect.anything(), because: 'bytes go by value under `auto` too' },
  return_auto_bytes_: { rval: expect.anything(), because: 'bytes go by value under `auto` too' },
  return_auto_dt: {
    rval: { ___type_name___: 'datetime', data: '2015-01-01T12:00:00.000250' },
    because: 'dates go by value under `auto` too'
  },
  return_auto_a_set: { rval: [1, 2], because: 'a set goes as a list' },
  return_auto_np_float32: { rval: 3, because: 'there are no numpy scalars here, only numbers' },
  return_auto_np_int64: { rval: 3, because: 'there are no numpy scalars here, only numbers' },
  return_auto_np_int32: { rval: 3, because: 'there are no numpy scalars here, only numbers' },
  return_auto_np_int16: { rval: 3, because: 'there are no numpy scalars here, only numbers' },
  return_auto_np_uint8: { rval: 3, because: 'there are no numpy scalars here, only numbers' },
  return_auto_np_bool_: { rval: 3, because: 'there are no numpy scalars here, only numbers' },
  return_value_np_int16: { rval: 3, because: 'there are no numpy scalars here, only numbers' },
  special_eq: { rval: false, because: 'pyacq sends a proxy of NotImplemented' }
}

/** Requests that fail in pyacq and not here. */
const WORKS_HERE: Readonly<Record<string, string>> = {
  'json echo_ndarray_struct': 'structured arrays travel in JSON too',
  'json return_auto_dt_arr': 'arrays of datetime64 travel in JSON too'
}

describe.each(['msgpack', 'json'] as const)('the recorded session over %s', (name) => {
  const { entries, serializer } = readVectors(name)

  test('every request is answered as pyacq answers it', async () => {
    await using server = await RpcServer.start({ advertise: ADDRESS, dialect: recordedDialect, name: 'vectors' })
    server.publish('demo', new Demo())
    const session = new Session(serializer, boundAddress(server))
    const seen = new Set<string>()
    for (const entry of entries) {
      if (entry.direction === 'request') {
        await session.send(entry)
        continue
      }
      const got = (await session.receive(entry.identity)) as Record<string, unknown>
      const wanted = expected(entry, serializer)
      seen.add(entry.label)
      const ours = comparable(entry, got)
      const theirs =
        WORKS_HERE[`${name} ${entry.label}`] === undefined ? adjusted(entry, wanted, got, session) : WORKING
      expect({ label: entry.label, ...ours }).toEqual({ label: entry.label, ...theirs })
    }
    for (const label of Object.keys(OTHERWISE)) expect(seen).toContain(label)
    session.close()
    await server.closed
  })
})

/** The recording says 5555; the server listens elsewhere and advertises that. */
function boundAddress(server: RpcServer): string {
  expect(server.address).toBe(ADDRESS)
  const address = server.boundAddress
  expect(address).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
  return address
}

class Session {
  readonly #serializer: Serializer
  readonly #address: string
  readonly #sockets = new Map<string, ZmqSocket>()
  /** Recorded obj_id and ref_id → ours; they differ once something goes by value here. */
  readonly ids = new Map<string, unknown>()

  constructor(serializer: Serializer, address: string) {
    this.#serializer = serializer
    this.#address = address
  }

  async send(entry: Entry): Promise<void> {
    const frames = entry.frames_hex.map((hex) => Buffer.from(hex, 'hex'))
    const opts = frames[4]
    // Integer keys cannot be decoded, which is what this entry is about.
    if (opts && opts.length > 0 && entry.label !== 'echo_int_keys') {
      const tree = this.#serializer.decode(opts)
      const mapped = this.#map(tree)
      if (mapped !== tree) frames[4] = Buffer.from(this.#serializer.encode(mapped))
    }
    await this.#socket(entry.identity).send(frames)
  }

  async receive(identity: string): Promise<unknown> {
    const [bytes] = await this.#socket(identity).receive()
    return notation(this.#serializer.decode(bytes as Buffer))
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close()
  }

  #socket(identity: string): ZmqSocket {
    let socket = this.#sockets.get(identity)
    if (!socket) {
      socket = new ZmqSocket('dealer', { identity })
      socket.connect(this.#address)
      this.#sockets.set(identity, socket)
    }
    return socket
  }

  #map(tree: Tree): Tree {
    if (typeof tree !== 'object' || tree === null || tree instanceof Uint8Array) return tree
    if (Array.isArray(tree)) {
      const list = (tree as Tree[]).map((item) => this.#map(item))
      return list.every((item, i) => item === (tree as Tree[])[i]) ? tree : list
    }
    const entries = Object.entries(tree).map(([key, value]) => {
      const known = key === 'obj_id' || key === 'ref_id' ? this.ids.get(`${key} ${String(value)}`) : undefined
      return [key, known === undefined ? this.#map(value) : known] as [string, Tree]
    })
    return entries.every(([key, value]) => value === (tree as { [key: string]: Tree })[key])
      ? tree
      : Object.fromEntries(entries)
  }
}

function expected(entry: Entry, serializer: Serializer): Record<string, unknown> {
  const decoded = notation(serializer.decode(Buffer.from(entry.frames_hex[0] ?? '', 'hex')))
  // The recording's own decoding must be ours; JSON is recorded as text.
  const recorded = typeof entry.message === 'string' ? json.decode(Buffer.from(entry.message)) : (entry.message as Tree)
  expect(decoded).toEqual(notation(recorded))
  return decoded as Record<string, unknown>
}

const WORKING = {
  keys: expect.anything(),
  action: expect.anything(),
  req_id: expect.anything(),
  rval: expect.anything(),
  error: null
}

/** Errors whose text is the same as pyacq's; of the others only the class is. */
const SAME_TEXT = [
  'get_item_missing',
  'get_obj_bad_attr',
  'call_error_valueerror',
  'invalid_action',
  'call_obj_none_args'
]

/** A reply without what differs between two servers: the lines of a trace between the first and the last. */
function comparable({ label }: Entry, reply: Record<string, unknown>): Record<string, unknown> {
  if (!Array.isArray(reply['error'])) return { keys: Object.keys(reply).join(), ...reply }
  const [type, lines] = reply['error'] as [string, string[]]
  const last = lines.at(-1) ?? ''
  const end = SAME_TEXT.includes(label) ? last : last.startsWith(`${type}: `) && last.endsWith('\n')
  return { keys: Object.keys(reply).join(), ...reply, error: [type, lines[0], end] }
}

/** What a recorded reply would be here: with our ids, and with what we do otherwise. */
function adjusted(
  entry: Entry,
  wanted: Record<string, unknown>,
  got: Record<string, unknown>,
  session: Session
): Record<string, unknown> {
  const otherwise = OTHERWISE[entry.label]
  if (otherwise) return comparable(entry, { ...wanted, rval: otherwise.rval })
  const theirs = wanted['rval'] as Record<string, unknown> | null
  const ours = got['rval'] as Record<string, unknown> | null
  if (theirs?.['___type_name___'] !== 'proxy') return comparable(entry, wanted)
  const ids = { obj_id: ours?.['obj_id'], ref_id: ours?.['ref_id'] }
  for (const [key, id] of Object.entries(ids)) session.ids.set(`${key} ${String(theirs[key])}`, id)
  return comparable(entry, { ...wanted, rval: { ...theirs, ...ids } })
}
