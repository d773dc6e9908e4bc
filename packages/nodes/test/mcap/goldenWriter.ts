import { McapWriter, type LogSink } from '../../src/files/mcap/McapWriter.ts'

const START = 1_700_000_000_000_000_000n
const MS = 1_000_000n
const SCHEMA = Buffer.from('{"type":"object"}')

const json = (value: unknown) => Buffer.from(JSON.stringify(value))

/** Samples of the golden file: channel 0 counts, channel 1 counts down. */
function samples(from: number, to: number): Buffer {
  const data = Buffer.alloc(4 * (to - from))
  for (let n = from; n < to; n++) {
    data.writeInt16LE(n, 4 * (n - from))
    data.writeInt16LE(-n, 4 * (n - from) + 2)
  }
  return data
}

/** Writes what `clean.mcap` of the vectors holds. */
export async function writeGolden(sink: LogSink): Promise<void> {
  const writer = new McapWriter(sink)
  await writer.begin({
    profile: 'nodeacq',
    library: 'nodeacq-prototype 0',
    metadata: [
      {
        name: 'nodeacq.recording',
        metadata: {
          profileVersion: '1',
          uuid: '0b9d2c52-6f0e-4c1e-9f0a-1d2f3a4b5c6d',
          part: '1',
          previous: '',
          host: 'lab-1',
          started: '2023-11-14T22:13:20Z',
          nodeVersion: '24.21.0',
          os: 'linux x64',
          graphSha256: '8789e7eabb7ba5922a5087c25d315a1e5fbb6b0f97510862579d348428dbd9d4'
        }
      }
    ],
    attachments: [
      { name: 'graph.yaml', mediaType: 'application/yaml', logTime: START, data: Buffer.from('name: demo\n') }
    ]
  })
  writer.addSchema('nodeacq.samples', '', Buffer.alloc(0))
  for (const name of ['event', 'gap', 'clock', 'close']) writer.addSchema(`nodeacq.${name}`, 'jsonschema', SCHEMA)
  const channelInfo = ['C3', 'C4'].map((name) => ({ name, unit: 'uV', gain: 0.1, offset: 0 }))
  writer.addChannel({
    schemaId: 1,
    topic: '/amp/signals',
    encoding: 'msgpack',
    metadata: {
      dtype: '<i2',
      shape: '[-1,2]',
      sampleRate: '1000',
      streamType: 'analogsignal',
      timeaxis: '0',
      startIndex: '0',
      channelInfo: JSON.stringify(channelInfo)
    }
  })
  for (const [k, topic] of ['/amp/events', '/nodeacq/gaps', '/nodeacq/clock', '/nodeacq/close'].entries()) {
    writer.addChannel({ schemaId: k + 2, topic, encoding: 'json', metadata: {} })
  }
  const at = (ms: number) => ({ logTime: START + BigInt(ms) * MS })
  const block = (from: number, to: number): void => {
    const mono = BigInt(to) * MS
    writer.addBlock(1, { index: from, count: to - from, mono, data: samples(from, to) }, at(to))
  }
  block(0, 20)
  block(20, 40)
  writer.addMessage(
    4,
    json({
      clock: 'host:lab-1',
      stream: '/amp/signals',
      index: 40,
      mono: '41000000',
      utc: '1700000000041000000',
      uncertaintyNs: '50000',
      method: 'ntp4'
    }),
    at(41)
  )
  await writer.flush(0)
  writer.addMessage(3, json({ stream: '/amp/signals', from: 40, to: 60, cause: 'overrun', repaired: false }), at(80))
  block(60, 80)
  writer.addMessage(2, json({ stream: '/amp/signals', index: 70, label: 'stim', value: 1, duration: 0 }), at(85))
  await writer.flush(1902)
  block(80, 100)
  const stream = { first: 0, next: 100, received: 80, lost: 20, duplicated: 0, gaps: 1, blocks: 4, crc32: '365ee711' }
  writer.addMessage(5, json({ reason: 'stop', streams: { '/amp/signals': stream } }), at(101))
  await writer.flush(2502)
  await writer.end(2502)
}
