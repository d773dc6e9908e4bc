import { writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { ConfigError, DeviceError } from '@nodeacq/core'
import { onLogRecord, setLogLevel } from '@nodeacq/rpc'
import { startProcess, tempFolder, waitFor } from 'testing'
import { describe, expect, test, vi } from 'vitest'
import {
  CortexClient,
  CortexError,
  CortexSimulator,
  readCortexCredentials,
  type CortexSample
} from '../../src/index.ts'
import { selfSignedCertificate } from '../../src/simulators/selfSignedCertificate.ts'
import { connectClient, connectSession, CREDENTIALS, startSimulator } from './startCortex.ts'

async function take(samples: AsyncIterable<CortexSample>, count: number): Promise<CortexSample[]> {
  const taken: CortexSample[] = []
  for await (const sample of samples) if (taken.push(sample) === count) break
  return taken
}

const counters = (samples: readonly CortexSample[]) => samples.map(({ values }) => values[0] as number)

test('a session from authorisation to samples, which follow each other', async () => {
  await using simulator = await startSimulator()
  await using client = await connectClient(simulator)
  expect([client.approved, client.authorized, client.isConnected]).toEqual([true, true, true])
  await client.connectHeadset(0)
  expect([...client.connectedHeadsets.keys()]).toEqual(['EPOCX-E2020001'])
  const session = await client.createActivatedSession()
  expect(session.status).toBe('activated')
  const { success, failure } = await client.subscribe(['eeg', 'mot', 'bogus'])
  expect(success.map(({ streamName }) => streamName)).toEqual(['eeg', 'mot'])
  expect(failure).toEqual([expect.objectContaining({ streamName: 'bogus', code: -32016 })])
  const [eeg, mot] = await Promise.all([
    take(client.samples(0, 'eeg'), 300),
    take(client.samples(session.id, 'mot'), 60)
  ])
  for (const [samples, rate] of [
    [eeg, 256],
    [mot, 64]
  ] as const) {
    const numbers = counters(samples)
    expect(numbers).toEqual(numbers.map((_, k) => (numbers[0]! + k) % rate))
    for (const [k, { time }] of samples.entries()) expect(time - samples[0]!.time).toBeCloseTo(k / rate, 3)
  }
  expect(eeg[0]!.values).toHaveLength(success[0]!.cols.length)
  const kept = client.dataStreams.get(session.id)!
  expect(kept.get('eeg')).toHaveLength(10)
  expect([...client.subscribedStreams.get(session.id)!.keys()]).toEqual(['eeg', 'mot'])
  expect((await client.closeSession()).status).toBe('closed')
  expect(client.sessions.size).toBe(0)
})

test('several headsets and sessions at once keep their samples apart', async () => {
  await using simulator = await startSimulator({ headsets: ['EPOCX-1', 'INSIGHT2-2'] })
  await using client = await connectClient(simulator)
  await client.connectHeadset('EPOCX-1')
  await client.connectHeadset(1)
  const [first, second] = [await client.createActivatedSession(0), await client.createActivatedSession('INSIGHT2-2')]
  await client.subscribe(['eeg'], first.id)
  await client.subscribe(['eeg'], 1)
  const [epoc, insight] = await Promise.all([take(client.samples(first.id), 40), take(client.samples(second.id), 40)])
  expect(new Set(epoc.map(({ session, values }) => `${session} ${values.length}`))).toEqual(new Set([`${first.id} 19`]))
  expect(new Set(insight.map(({ session, values }) => `${session} ${values.length}`))).toEqual(
    new Set([`${second.id} 10`])
  )
})

test('calls that overlap are routed to their own answers, also when answers are late', async () => {
  await using simulator = await startSimulator()
  await using client = await connectSession(simulator)
  await client.subscribe(['eeg', 'fac'])
  simulator.inject({ kind: 'delay', value: '50', at: 0 })
  const [info, login, profiles, time] = await Promise.all([
    client.getCortexInfo(),
    client.getUserLogin(),
    client.queryProfiles(),
    client.getTrainingTime('mentalCommand')
  ])
  expect(info.version).toBe('3.9.1.7')
  expect(login[0]!.username).toBe('jane')
  expect(profiles).toEqual([])
  expect(time).toEqual({ time: 0.1 })
})

test('an error of Cortex keeps its code and its text', async () => {
  await using simulator = await startSimulator()
  await using client = await connectClient(simulator)
  const failed = client.createSession('EPOCX-E2020001')
  await expect(failed).rejects.toThrow(CortexError)
  await expect(failed).rejects.toMatchObject({ method: 'createSession', cortexCode: -32004, code: 'CORTEX' })
  await expect(client.sendRequest('noSuchMethod')).rejects.toMatchObject({ cortexCode: -32601 })
  await expect(client.createSession(7)).rejects.toThrow('expected a headset with number 7, got 1')
  await expect(connectClient(simulator, { clientSecret: 'other' })).rejects.toMatchObject({ cortexCode: -32021 })
})

test('nobody logged in is an error of authorisation, which can be left out', async () => {
  await using simulator = await startSimulator({ username: '' })
  await expect(connectClient(simulator)).rejects.toMatchObject({ cortexCode: -32033 })
  await using client = await connectClient(simulator, { authenticate: false })
  expect(await client.getUserLogin()).toEqual([])
  expect(client.authorized).toBe(false)
})

test('an expired token is renewed once for all calls, which are repeated', async () => {
  await using simulator = await startSimulator()
  await using client = await connectClient(simulator)
  simulator.inject({ kind: 'expireToken', value: '', at: 0 })
  const methods: string[] = []
  simulator.onCall = (method) => methods.push(method)
  const answers = await Promise.all([client.getUserInformation(), client.queryProfiles(), client.querySessions()])
  expect(answers[0].username).toBe('jane')
  expect(methods.filter((method) => method === 'authorize')).toHaveLength(1)
  expect(methods.filter((method) => method === 'queryProfile')).toHaveLength(2)
})

test('an old token is exchanged before it expires', async () => {
  await using simulator = await startSimulator()
  await using client = await connectClient(simulator, { tokenRenewal: 0 })
  const methods: string[] = []
  simulator.onCall = (method) => methods.push(method)
  await waitFor(async () => {
    await client.getUserInformation()
    return methods.includes('generateNewToken')
  })
  expect(methods).not.toContain('authorize')
})

test('a call is repeated while Cortex is not ready', async () => {
  await using simulator = await startSimulator()
  await using client = await connectClient(simulator)
  simulator.inject({ kind: 'error', value: 'queryProfile:-32122:1', at: 0 })
  expect(await client.queryProfiles()).toEqual([])
})

test('access that is refused first is granted when the user does', async () => {
  await using simulator = await startSimulator({ refusals: 2 })
  await using client = await connectClient(simulator)
  expect(client.approved).toBe(true)
  simulator.inject({ kind: 'refuseAccess', value: '1000', at: 0 })
  await expect(connectClient(simulator, { accessTimeout: 0 })).rejects.toThrow('the user did not grant access')
})

test('warnings are events, known or not, with a text or an object', async () => {
  await using simulator = await startSimulator()
  await using client = await connectClient(simulator)
  const codes: number[] = []
  client.on('warning', ({ code }) => codes.push(code))
  await client.connectHeadset()
  await client.refreshHeadsets()
  await waitFor(() => codes.includes(142))
  expect(codes).toContain(104)
})

describe('what ends is restored', () => {
  test('after a dropped connection, under the old id and with the same iteration', async () => {
    await using simulator = await startSimulator()
    await using client = await connectSession(simulator)
    const [id] = client.sessions.keys()
    await client.subscribe(['eeg', 'com'])
    const restored = vi.fn<(...args: readonly unknown[]) => void>()
    client.on('restored', restored)
    const samples = client.samples(id, 'eeg')
    await samples.next()
    simulator.inject({ kind: 'drop', value: '', at: 0 })
    await waitFor(() => restored.mock.calls.length === 1)
    const to = [...client.sessions.keys()][0]!
    expect(to).not.toBe(id)
    for (;;) if ((await samples.next()).value?.session === to) break
    expect((await client.createRecord('after', { session: id! })).sessionId).toBe(to)
    expect([...client.subscribedStreams.get(to)!.keys()]).toEqual(['eeg', 'com'])
  })

  test('after new connections were refused for a while', async () => {
    await using simulator = await startSimulator()
    await using client = await connectSession(simulator)
    await client.subscribe(['eeg'])
    const restored = vi.fn<(...args: readonly unknown[]) => void>()
    client.on('restored', restored)
    simulator.inject({ kind: 'refuseConnection', value: '0.3', at: 0 })
    await waitFor(() => !client.isConnected)
    await expect(client.getCortexInfo()).rejects.toThrow('not connected')
    await waitFor(() => restored.mock.calls.length === 1)
    await client.samples().next()
  })

  test('after the headset was gone, which closes the session', async () => {
    await using simulator = await startSimulator()
    await using client = await connectSession(simulator)
    await client.subscribe(['eeg'])
    const lost = vi.fn<(...args: readonly unknown[]) => void>()
    const restored = vi.fn<(...args: readonly unknown[]) => void>()
    client.on('lost', lost).on('restored', restored)
    simulator.inject({ kind: 'headsetGone', value: '0.3', at: 0 })
    await waitFor(() => restored.mock.calls.length === 1)
    expect(lost).toHaveBeenCalledWith(expect.stringContaining('Session was closed (warning 1)'))
    await client.samples().next()
  })

  test('unless the client shall not: then iterations end', async () => {
    await using simulator = await startSimulator()
    await using client = await connectSession(simulator, { reconnect: false })
    await client.subscribe(['eeg'])
    const all = take(client.samples(), Infinity)
    simulator.inject({ kind: 'drop', value: '', at: 0 })
    await all
    await expect(client.queryProfiles()).rejects.toThrow(DeviceError)
  })
})

test('a call under way is rejected when the connection ends, or when no answer comes', async () => {
  await using simulator = await startSimulator()
  await using client = await connectClient(simulator, { timeout: 300, reconnect: false })
  simulator.inject({ kind: 'halfOpen', value: '0.6', at: 0 })
  await expect(client.getCortexInfo()).rejects.toThrow('getCortexInfo: no answer within 300 ms')
  simulator.inject({ kind: 'delay', value: '5000', at: 0 })
  const waiting = client.getCortexInfo()
  simulator.inject({ kind: 'drop', value: '', at: 0 })
  await expect(waiting).rejects.toThrow(DeviceError)
})

test('frames that are no messages are ignored', async () => {
  await using simulator = await startSimulator()
  await using client = await connectSession(simulator)
  await client.subscribe(['eeg'])
  simulator.inject({ kind: 'garbage', value: '3', at: 0 })
  await take(client.samples(), 20)
  expect(client.isConnected).toBe(true)
})

test('bits that change on the way end the connection at most, and samples come again', async () => {
  await using simulator = await startSimulator()
  await using client = await connectSession(simulator)
  await client.subscribe(['eeg'])
  const samples = client.samples()
  simulator.inject({ kind: 'corrupt', value: '3', at: 0 })
  const before = client.messagesHandled
  await waitFor(() => client.messagesHandled > before + 300)
  expect((await samples.next()).value).toMatchObject({ stream: 'eeg' })
})

test('a paused subscriber passes samples over, a stopped one ends iterations', async () => {
  await using simulator = await startSimulator()
  await using client = await connectSession(simulator)
  await client.subscribe(['eeg'])
  const first = await client.receiveData()
  client.pauseSubscriber()
  const handled = client.messagesHandled
  // Samples come in the order of answers: those sent before these were passed over.
  for (let calls = 0; calls < 20; calls++) await client.getCortexInfo()
  expect([client.messagesHandled, client.isSubscriberReading]).toEqual([handled, false])
  client.resumeSubscriber()
  await waitFor(() => client.messagesHandled > handled)
  expect(first.stream).toBe('eeg')
  const rest = take(client.samples(), Infinity)
  client.stopSubscriber()
  await rest
})

test('credentials come from the environment or a file, and errors do not show them', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'cortex.json')
  await writeFile(file, JSON.stringify({ ...CREDENTIALS, license: 'l' }))
  expect(await readCortexCredentials(file)).toEqual({ ...CREDENTIALS, license: 'l' })
  await writeFile(file, '{"clientSecret":"TOP SECRET"')
  await expect(readCortexCredentials(file)).rejects.toThrow(ConfigError)
  await expect(readCortexCredentials(file)).rejects.not.toThrow('TOP')
  vi.stubEnv('EMOTIV_CLIENT_ID', 'a')
  vi.stubEnv('EMOTIV_CLIENT_SECRET', 'b')
  expect(await readCortexCredentials()).toEqual({ clientId: 'a', clientSecret: 'b' })
  vi.stubEnv('EMOTIV_CLIENT_SECRET', '')
  await expect(readCortexCredentials()).rejects.toThrow('EMOTIV_CLIENT_ID')
  vi.unstubAllEnvs()
})

test('neither secrets nor tokens are in logs or errors, also with debug', async () => {
  await using simulator = await startSimulator()
  const lines: string[] = []
  const tokens: string[] = []
  const stop = onLogRecord((record) => lines.push(JSON.stringify(record)))
  setLogLevel('debug')
  try {
    await using client = await connectSession(simulator, { debug: true, license: 'LICENSE_KEY_1' })
    await client.generateNewToken()
    simulator.inject({ kind: 'expireToken', value: '', at: 0 })
    await client.queryProfiles()
    simulator.inject({ kind: 'drop', value: '', at: 0 })
    await waitFor(() => lines.some((line) => line.includes('restored')))
    await client.sendAuthedRequest('noSuchMethod').catch((error: Error) => lines.push(error.stack!))
    tokens.push(...simulator.model.tokens.keys())
  } finally {
    setLogLevel('warning')
    stop()
  }
  const all = lines.join('\n')
  expect(all).toContain('→ authorize')
  expect(tokens.length).toBeGreaterThan(2)
  for (const secret of [...tokens, CREDENTIALS.clientSecret, CREDENTIALS.clientId, 'LICENSE_KEY_1']) {
    expect(all.includes(secret)).toBe(false)
  }
})

test('a certificate is verified when an authority is given', async () => {
  await using simulator = await startSimulator()
  await using client = await connectClient(simulator, { ca: simulator.certificate })
  expect(client.isConnected).toBe(true)
  await using other = await startSimulator()
  await expect(connectClient(simulator, { ca: other.certificate })).rejects.toThrow(DeviceError)
})

test('wrong options are named together, and nobody at the address is an error', async () => {
  const wrong = CortexClient.connect({ url: 'http://x', clientId: '', clientSecret: 's', bufferSize: 0 })
  await expect(wrong).rejects.toThrow(/'url': expected wss.*'clientId'.*'bufferSize'/)
  await expect(CortexClient.connect({ ...CREDENTIALS, url: 'wss://127.0.0.1:1' })).rejects.toThrow('no connection')
})

test('Ctrl-C closes the sessions, and then ends the process as it would have', async () => {
  await using simulator = await CortexSimulator.start()
  const closed: unknown[] = []
  simulator.onCall = (method, params) => method === 'updateSession' && closed.push(params)
  const program = new URL('../programs/cortexSession.ts', import.meta.url)
  await using child = await startProcess(program, [simulator.address])
  await child.line(/streaming/)
  child.kill('SIGINT')
  expect(await child.exited).toEqual({ code: null, signal: 'SIGINT' })
  expect(closed).toEqual([expect.objectContaining({ status: 'close' })])
})

/** An address of this machine that is not loopback. */
const OUTER = Object.values(networkInterfaces())
  .flat()
  .find((one) => one && !one.internal && one.family === 'IPv4')?.address
if (OUTER === undefined) process.stdout.write('Cortex beyond loopback: skipped: no other address here\n')

describe.skipIf(OUTER === undefined)('beyond loopback', () => {
  test('a certificate is verified: it has to be signed by who is trusted, and for the host', async () => {
    await using simulator = await startSimulator({ host: OUTER!, insecure: true })
    const untrusted = connectClient(simulator)
    await expect(untrusted).rejects.toThrow(DeviceError)
    await expect(untrusted).rejects.toThrow("Its certificate is not trusted: give the one that it is signed by as 'ca'")
    await using client = await connectClient(simulator, { ca: simulator.certificate })
    expect(client.isConnected).toBe(true)
    const certificate = selfSignedCertificate('elsewhere')
    await using other = await startSimulator({ host: OUTER!, insecure: true, certificate })
    await expect(connectClient(other, { ca: other.certificate })).rejects.toThrow(/altnames.*not trusted/)
    expect(other.clientCount).toBe(0)
  })

  test('ws:// is refused before anything is sent, unless it is asked for', async () => {
    const url = `ws://${OUTER!}:1`
    await expect(CortexClient.connect({ ...CREDENTIALS, url })).rejects.toThrow(ConfigError)
    await expect(CortexClient.connect({ ...CREDENTIALS, url })).rejects.toThrow(/'url': whoever .* use wss:\/\//)
    await expect(CortexClient.connect({ ...CREDENTIALS, url, insecure: true })).rejects.toThrow('no connection')
    await expect(CortexClient.connect({ ...CREDENTIALS, url: 'ws://127.0.0.1:1' })).rejects.toThrow('no connection')
  })
})
