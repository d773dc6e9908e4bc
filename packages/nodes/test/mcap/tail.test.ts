import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { McapWriter } from '../../src/files/mcap/McapWriter.ts'
import { verifyLog, verifyTail } from '../../src/files/mcap/verifyLog.ts'
import { combineCrc32 } from '../../src/files/mcap/crc32.ts'
import { LogFile } from '../../src/recorders/log/LogFile.ts'

const [CHUNKS, COUNT] = [40, 1000]

/** Forty chunks of a thousand samples. @param end what the recording says of its end */
async function record(path: string, end = CHUNKS * COUNT): Promise<void> {
  const file = await LogFile.create(path, { hasReserve: false })
  const writer = new McapWriter(file)
  await writer.begin({ profile: 'nodeacq', library: 'nodeacq 1.0.0', metadata: [], attachments: [] })
  const schemaId = writer.addSchema('any', '', Buffer.alloc(0))
  const metadata = { dtype: 'uint8', shape: '[-1,1]', sampleRate: '1000', streamType: 'analogsignal', startIndex: '0' }
  const channel = writer.addChannel({ schemaId, topic: '/x/samples', encoding: 'msgpack', metadata })
  const close = writer.addChannel({ schemaId, topic: '/nodeacq/close', encoding: 'json', metadata: {} })
  writer.describe(1n)
  let crc = 0
  for (let k = 0; k < CHUNKS; k++) {
    const block = { index: k * COUNT, count: COUNT, mono: 1n, data: new Uint8Array(COUNT).fill(k) }
    crc = combineCrc32(crc, writer.addBlock(channel, block, { logTime: BigInt(k + 1), publishTime: 1n }), COUNT)
    await writer.flush(0)
  }
  const totals = { first: 0, next: end, received: end, lost: 0, crc32: crc.toString(16).padStart(8, '0') }
  const text = JSON.stringify({ reason: 'stop', streams: { '/x/samples': totals } })
  writer.addMessage(close, Buffer.from(text), { logTime: BigInt(CHUNKS + 1) })
  await writer.flush(0)
  await writer.end(0)
  await file.close()
}

test('the tail of a recording is checked alone: damage there is found, that before it is not, and it says so', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'x.mcap')
  await record(path)
  expect((await verifyLog(path)).problems).toEqual([])
  const good = await verifyTail(path, 20_000)
  expect(good).toMatchObject({ profile: 'nodeacq', isClosed: true, problems: [] })
  expect(good.readFrom).toBeGreaterThan(good.bytes - 20_000)
  const { first, next } = good.streams.get('/x/samples')!
  expect(first).toBeGreaterThan(CHUNKS * COUNT * 0.5)
  expect(next).toBe(CHUNKS * COUNT)
  expect((await verifyTail(path, good.bytes)).readFrom).toBe(0)

  const bytes = await readFile(path)
  const damage = async (k: number): Promise<string> => {
    const copy = Buffer.from(bytes)
    copy[copy.indexOf(Buffer.alloc(COUNT, k)) + 500]! ^= 1
    const target = join(folder.path, `damaged_${k}.mcap`)
    await writeFile(target, copy)
    return target
  }
  const early = await damage(3)
  expect((await verifyLog(early)).problems).not.toEqual([])
  expect((await verifyTail(early, 20_000)).problems).toEqual([])
  const late = await verifyTail(await damage(35), 20_000)
  expect(late.problems).toContain('/x/samples: samples 35000 to 36000 are not there')

  const short = join(folder.path, 'short.mcap')
  await record(short, 41_000)
  expect((await verifyTail(short, 20_000)).problems).toEqual(['/x/samples: it ends at sample 40000, not at 41000'])
})
