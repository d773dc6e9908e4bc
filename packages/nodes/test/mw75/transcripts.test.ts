import { readFileSync } from 'node:fs'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { eegData, encodeMessage, parseMessage } from '../../src/devices/mw75/messages.ts'
import { Mw75Simulator, type Mw75SimulatorOptions } from '../../src/index.ts'
import { MessageReader, type RawMessage } from './MessageReader.ts'

interface Entry {
  readonly recv?: RawMessage
  readonly send_raw?: string
  readonly event?: string
  readonly code?: number
}

type Scenarios = Readonly<Record<string, readonly Entry[]>> & {
  readonly second_client: { readonly first: readonly Entry[]; readonly second: readonly Entry[] }
}

const { transcripts } = JSON.parse(
  readFileSync(new URL('../fixtures/mw75_ws_transcripts.json', import.meta.url), 'utf8')
) as { transcripts: Readonly<Record<string, Scenarios>> }

const BEHAVIOURS = [
  ['single client', transcripts['single_client_ad1f7f0']!, 1],
  ['several clients', transcripts['multi_client_ea18055']!, 4]
] as const

const QUICK = { firstDelay: 5, longestDelay: 20, settle: 20 }

async function start(options: Mw75SimulatorOptions): Promise<Mw75Simulator> {
  return await Mw75Simulator.start({ reconnecting: QUICK, ...options })
}

/** What differs from run to run is replaced by its kind. */
function normalize({ id, type, data }: RawMessage): object {
  const stable: Record<string, unknown> = { ...data }
  if ('timestamp' in stable) stable['timestamp'] = typeof stable['timestamp']
  if (typeof stable['message'] === 'string') {
    stable['message'] = stable['message']
      .replace(/ in [\d.]+s/, ' in <delay>')
      .replace(/^\d\d:\d\d:\d\d - [\w.]+/, '<time and logger>')
  }
  if ('logger' in stable) stable['logger'] = 'logger'
  if (stable['code'] === 'MESSAGE_PROCESSING_ERROR') stable['message'] = "the original's is Python's"
  if ('from' in stable) stable['from'] = String(stable['from']).replace(/:\d+$/, ':<port>')
  return { id: /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(String(id)) ? '<uuid>' : id, type, data: stable }
}

/** The original's streaming task frees the device before the disconnect command does: a correct server goes to idle. */
function withoutDefect(entries: readonly Entry[]): Entry[] {
  return entries.flatMap((entry, k) => {
    const { recv } = entry
    const next = entries[k + 1]?.recv?.data
    if (recv?.data['code'] === 'DISCONNECT_ERROR') return []
    if (recv?.type === 'log' && String(recv.data['message']).includes('NoneType')) return []
    if (next?.['code'] !== 'DISCONNECT_ERROR') return [entry]
    const data = { ...recv!.data, state: 'idle', message: 'Disconnected from MW75 device', battery_level: null }
    return [{ recv: { ...recv!, data } }]
  })
}

/** Sends what was sent; gives the answers that came for those that were recorded. */
async function replay(reader: MessageReader, entries: readonly Entry[]): Promise<object[]> {
  const answers: object[] = []
  for (const { recv, send_raw: raw } of entries) {
    if (raw !== undefined) {
      const isBinary = raw.startsWith('<binary frame> ')
      reader.socket.send(isBinary ? Buffer.from(raw.slice('<binary frame> '.length)) : raw)
    } else if (recv?.type === 'eeg_data') {
      await waitFor(() => reader.samples.length > 0, { what: 'samples' })
    } else if (recv !== undefined) {
      answers.push(normalize(await reader.next()))
    }
  }
  return answers
}

function recorded(entries: readonly Entry[]): object[] {
  return entries.flatMap(({ recv }) => (recv === undefined || recv.type === 'eeg_data' ? [] : [normalize(recv)]))
}

test.each(BEHAVIOURS)('%s: a session is answered as recorded', async (_, scenarios, clients) => {
  await using simulator = await start({ clients })
  await using reader = await MessageReader.open(simulator.address)
  expect(await replay(reader, withoutDefect(scenarios['normal']!))).toEqual(
    recorded(withoutDefect(scenarios['normal']!))
  )
})

test.each(BEHAVIOURS)(
  '%s: bad requests are answered as recorded, and the connection stays',
  async (_, scenarios, clients) => {
    await using simulator = await start({ clients })
    await using reader = await MessageReader.open(simulator.address)
    expect(await replay(reader, scenarios['errors']!)).toEqual(recorded(scenarios['errors']!))
  }
)

test.each(BEHAVIOURS)('%s: an absent headset is looked for again as recorded', async (_, scenarios, clients) => {
  await using simulator = await start({ clients })
  simulator.inject({ kind: 'bleError', value: '99', at: 0 })
  await using reader = await MessageReader.open(simulator.address)
  expect(await replay(reader, scenarios['ble_failure_with_auto_reconnect']!)).toEqual(
    recorded(scenarios['ble_failure_with_auto_reconnect']!)
  )
})

test.each(BEHAVIOURS)('%s: a lost link is restored as recorded', async (_, scenarios, clients) => {
  const entries = scenarios['link_drop_with_auto_reconnect']!
  // The recording was made with the log of the original switched off.
  const quiet = entries.map(({ send_raw: raw, ...rest }) => ({
    ...rest,
    ...(raw && { send_raw: raw.replace('INFO', 'ERROR') })
  }))
  const isLevel = ({ recv }: Entry) => recv?.data['log_level'] !== undefined
  await using simulator = await start({ clients })
  await using reader = await MessageReader.open(simulator.address)
  const at = quiet.findIndex(({ recv }) => recv?.data['state'] === 'disconnected')
  const expected = quiet.map((entry) =>
    isLevel(entry) ? { recv: { ...entry.recv!, data: { ...entry.recv!.data, log_level: 'ERROR' } } } : entry
  )
  expect(await replay(reader, expected.slice(0, at))).toEqual(recorded(expected.slice(0, at)))
  simulator.inject({ kind: 'linkLost', value: '', at: 0 })
  expect(await replay(reader, expected.slice(at))).toEqual(recorded(expected.slice(at)))
})

test.each(BEHAVIOURS)('%s: heartbeats come from the beginning', async (_, scenarios, clients) => {
  await using simulator = await start({ clients, heartbeat: 20 })
  await using reader = await MessageReader.open(simulator.address)
  expect(await replay(reader, scenarios['heartbeat_at_1s_test_interval']!)).toEqual(
    recorded(scenarios['heartbeat_at_1s_test_interval']!)
  )
})

test('single client: a second one is told so and let go', async () => {
  const { first, second } = BEHAVIOURS[0][1].second_client
  await using simulator = await start({})
  await using one = await MessageReader.open(simulator.address)
  expect(await replay(one, first)).toEqual(recorded(first))
  await using two = await MessageReader.open(simulator.address)
  const end = second.find(({ event }) => event === 'closed')!
  expect(await replay(two, second.slice(0, second.indexOf(end)))).toEqual(
    recorded(second.slice(0, second.indexOf(end)))
  )
  await waitFor(() => two.closed)
  expect(two.closed).toEqual({ code: end.code, reason: '' })
  expect(one.closed).toBeUndefined()
})

test('several clients: one has control, the others look on, and control is released', async () => {
  const { first, second } = BEHAVIOURS[1][1].second_client
  await using simulator = await start({ clients: 4 })
  await using one = await MessageReader.open(simulator.address)
  expect(await replay(one, first.slice(0, 1))).toEqual(recorded(first.slice(0, 1)))
  await using two = await MessageReader.open(simulator.address)
  expect(await replay(two, second.slice(0, 1))).toEqual(recorded(second.slice(0, 1)))
  expect(await replay(one, first.slice(1, -1))).toEqual(recorded(first.slice(1, -1)))
  expect(await replay(two, second.slice(1, -1))).toEqual(recorded(second.slice(1, -1)))
  expect(await replay(one, first.slice(-1))).toEqual(recorded(first.slice(-1)))
  one.socket.close()
  expect(await replay(two, second.slice(-1))).toEqual(recorded(second.slice(-1)))
  two.send('connect')
  expect(await two.next()).toMatchObject({ type: 'error', data: { code: 'ALREADY_CONNECTED' } })
})

test('samples of the original are read, and written as it writes them', () => {
  const frames = BEHAVIOURS.flatMap(([, scenarios]) =>
    Object.values(scenarios).flatMap((entries) =>
      Array.isArray(entries)
        ? (entries as Entry[]).flatMap(({ recv }) => (recv?.type === 'eeg_data' ? [recv] : []))
        : []
    )
  )
  expect(frames.length).toBeGreaterThan(10)
  for (const frame of frames) {
    const message = parseMessage(JSON.stringify(frame))
    if (message.type !== 'eeg_data') throw new Error(`expected a sample, got ${message.type}`)
    expect(JSON.parse(encodeMessage('eeg_data', eegData(message.sample), frame.id))).toEqual(frame)
  }
})
