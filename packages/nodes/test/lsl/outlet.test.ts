import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { seededRandom, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { fetchFullInfo, LslStreamInlet, LslStreamOutlet, resolveLslStreams } from '../../src/index.ts'
import type { SampleBatch } from '../../src/lsl/wire/SampleBatch.ts'
import { isolated } from './isolated.ts'
import { variants, type Variant } from './vectors.ts'

/** Of the streams that the requests were made to. */
const FLOATS = {
  name: 'f32',
  type: 'EEG',
  channelCount: 3,
  channelFormat: 'float32',
  nominalRate: 100,
  sourceId: 'id-f32'
} as const
const TEXTS = { name: 'str2', type: 'M', channelCount: 2, channelFormat: 'string', sourceId: 'id-str2' } as const
/** How an archive of protocol 1.00 begins, before the length of the header. */
const ARCHIVE = Buffer.from('7f010902', 'hex').toString('latin1')
const UID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi

/** What an outlet answers: until it ends the connection, or has said something, if it is to, and is silent for 150 ms. */
async function answerTo(
  port: number,
  request: Buffer,
  { response_hex, server_closed }: Variant
): Promise<{ bytes: Buffer; isClosed: boolean }> {
  const socket = connect({ host: '127.0.0.1', port })
  const pieces: Buffer[] = []
  let isClosed = false
  let last = performance.now()
  socket.on('data', (bytes) => {
    pieces.push(bytes)
    last = performance.now()
  })
  socket.on('close', () => (isClosed = true))
  socket.write(request)
  const isSilent = (): boolean => performance.now() - last > 150 && (pieces.length > 0 || response_hex === '')
  await waitFor(() => isClosed || (!server_closed && isSilent()))
  socket.destroy()
  return { bytes: Buffer.concat(pieces), isClosed }
}

/** A real outlet turns bytes round for clients of the other order; ours always answers with 1234, which they cope with. */
const isOurs = ({ response_head_text }: Variant): boolean => !response_head_text.includes('Byte-Order: 4321')

test.each([
  ['numbers', FLOATS, variants.float32_stream],
  ['texts', TEXTS, variants.string_stream]
] as const)('requests to a stream of %s are answered byte for byte as by a real outlet', async (_, stream, all) => {
  const settings = await isolated()
  await using outlet = await LslStreamOutlet.open(stream, { settings })
  const { uid, v4DataPort, createdAt } = outlet.info
  const requests = all.filter(isOurs)
  const answers = await Promise.all(
    requests.map((variant) => {
      const own = variant.request_text.replace(UID, (id) =>
        id.startsWith('0000') ? id : id === id.toLowerCase() ? uid : uid.toUpperCase()
      )
      return answerTo(v4DataPort, Buffer.from(own, 'latin1'), variant)
    })
  )
  const head = (text: string): string =>
    text
      .replaceAll(UID, 'UID')
      .replace(/<created_at>.*?<\/created_at>/, '')
      .replace(/<hostname>.*?<\/hostname>/, '')
      .replace(/<session_id>.*?<\/session_id>/, '')
      .replaceAll(/port>\d+</g, 'port><')
  for (const [k, { name, response_hex, server_closed }] of requests.entries()) {
    const { bytes, isClosed } = answers[k]!
    const expected = Buffer.from(response_hex, 'hex').toString('latin1')
    // The length of a header in an archive depends on what stands in it.
    const plain = (text: string): string => {
      const at = text.indexOf(ARCHIVE)
      return head(at < 0 ? text : text.slice(0, at) + text.slice(at + ARCHIVE.length + 2))
    }
    expect({ name, isClosed, text: plain(bytes.toString('latin1')) }).toEqual({
      name,
      isClosed: server_closed,
      text: plain(expected)
    })
  }
  expect(createdAt).toBeGreaterThan(0)
})

test('a client that takes nothing costs no more memory than it may, and what it missed is dated right', async () => {
  const settings = await isolated()
  const channelCount = 256
  await using outlet = await LslStreamOutlet.open(
    { name: 'wide', channelCount, channelFormat: 'float32', nominalRate: 1000, sourceId: 'w' },
    { settings, maxBuffered: 5000 }
  )
  const [info] = await resolveLslStreams({ settings, minimum: 1, timeout: 10 })
  const stop = new AbortController()
  const stamps: number[] = []
  let isReading = Promise.resolve()
  let release = (): void => {}
  isReading = new Promise((resolve) => (release = resolve))
  const inlet = new LslStreamInlet(info!, { settings })
  const done = inlet.run(stop.signal, {
    onSamples: async (batch: SampleBatch) => {
      stamps.push(...batch.stamps)
      await isReading
    }
  })
  await waitFor(() => outlet.consumerCount === 1)
  const chunk = new Uint8Array(new Float32Array(100 * channelCount).buffer)
  for (let n = 0; n < 1000; n++) {
    outlet.pushNumbers(chunk, n / 10 + 0.099)
    if (n % 20 === 0) await new Promise(setImmediate)
  }
  expect(outlet.counters.droppedSamples).toBeGreaterThan(50_000)
  release()
  await waitFor(() => stamps.at(-1) !== undefined && Math.abs(stamps.at(-1)! - 99.999) < 1e-6)
  stop.abort()
  await done
  expect(stamps.length + outlet.counters.droppedSamples).toBe(100_000)
  const steps = stamps.slice(1).map((stamp, k) => Math.round((stamp - stamps[k]!) * 1000) - 1)
  expect(steps.reduce((sum, step) => sum + step, 0)).toBe(outlet.counters.droppedSamples)
  expect(steps.every((step) => step >= 0)).toBe(true)
})

test('bytes that mean nothing, on every port, change nothing', async () => {
  const seed = Number(process.env['NODEACQ_SEED'] ?? 1)
  const random = seededRandom(seed)
  const settings = await isolated()
  await using outlet = await LslStreamOutlet.open(FLOATS, { settings })
  const udp = createSocket('udp4')
  const sockets: Socket[] = []
  const noise = (): Buffer => Buffer.from(Array.from({ length: 1 + random() * 200 }, () => random() * 256))
  const texts = [
    'LSL:shortinfo\r\n',
    'LSL:timedata\r\n',
    'LSL:streamfeed/110 ',
    'LSL:fullinfo',
    '\r\n',
    "name='",
    '//*['
  ]
  for (let k = 0; k < 300; k++) {
    const piece = Buffer.concat([Buffer.from(texts[Math.floor(random() * texts.length)]!), noise()])
    udp.send(piece, outlet.info.v4ServicePort, '127.0.0.1')
    udp.send(piece, settings.multicastPort!, '127.0.0.1')
    if (k % 10 > 0) continue
    const socket = connect({ host: '127.0.0.1', port: outlet.info.v4DataPort }).on('error', () => {})
    await once(socket, 'connect')
    for (let n = 0; n < 5; n++) socket.write(n % 2 === 0 ? piece : Buffer.concat([noise(), Buffer.alloc(9000, 65)]))
    sockets.push(socket)
  }
  const [info] = await resolveLslStreams({ settings, minimum: 1, timeout: 10 })
  expect((await fetchFullInfo(info!)).name, `seed ${seed}`).toBe('f32')
  udp.close()
  for (const socket of sockets) socket.destroy()
})
