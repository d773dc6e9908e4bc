import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { McapWriter } from '../../src/files/mcap/McapWriter.ts'
import { openSampleFile } from '../../src/index.ts'
import { LogFile } from '../../src/recorders/log/LogFile.ts'

const NONE = Buffer.alloc(0)

/** A recording of 10 s at 1000.05 Hz of a device that says 1 kHz, and of one whose clock nobody measured. */
async function record(path: string): Promise<void> {
  const file = await LogFile.create(path, { hasReserve: false })
  const writer = new McapWriter(file)
  const facts = { profileVersion: '1', part: '2', previous: 'x.mcap' }
  const text = { name: 'lab.yaml', mediaType: 'application/yaml', data: Buffer.from('nodes: {}'), logTime: 1n }
  await writer.begin({
    profile: 'nodeacq',
    library: 'nodeacq 9.8.7',
    metadata: [{ name: 'nodeacq.recording', metadata: facts }],
    attachments: [text]
  })
  const schemaId = writer.addSchema('any', '', NONE)
  const metadata = { dtype: 'uint8', shape: '[-1,1]', sampleRate: '1000', streamType: 'analogsignal', startIndex: '0' }
  const [eeg, aux] = ['eeg', 'aux'].map((name) =>
    writer.addChannel({ schemaId, topic: `/${name}/samples`, encoding: 'msgpack', metadata })
  )
  const json = (topic: string) => writer.addChannel({ schemaId, topic, encoding: 'json', metadata: {} })
  const [clock, params, log, close] = ['clock', 'params', 'log', 'close'].map((name) => json(`/nodeacq/${name}`))
  const say = (channel: number, value: unknown) =>
    writer.addMessage(channel, Buffer.from(JSON.stringify(value)), { logTime: 1n })
  writer.describe(1n)
  for (const channel of [eeg!, aux!]) {
    const block = { index: 0, count: 10, mono: 1n, data: new Uint8Array(10) }
    writer.addBlock(channel, block, { logTime: 1n, publishTime: 1n })
  }
  for (const [index, mono, uncertaintyNs] of [
    [0, '5000000000', '100000'],
    [4000, '9000000000', '300000'],
    [10_000.5, '15000000000', '100000']
  ]) {
    say(clock!, { clock: 'host', stream: '/eeg/samples', index, mono, utc: mono, uncertaintyNs })
    say(clock!, { clock: 'device', stream: '/eeg/samples', index: 1, mono: '1', utc: '1', uncertaintyNs: '1' })
  }
  say(params!, { node: 'amp', params: ['gain'], old: { gain: 1 }, new: { gain: 2 } })
  for (const level of ['warning', 'warning', 'error']) say(log!, { level, logger: 'amp', message: 'x' })
  const totals = { first: 0, next: 10, received: 10, lost: 0 }
  await writer.flush(0)
  say(close!, { reason: 'stop', streams: { '/eeg/samples': totals, '/aux/samples': totals } })
  await writer.flush(0)
  await writer.end(0)
  await file.close()
}

test('a recording knows how good its clocks were, where it comes from, and what was noted', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'x_part-002.mcap')
  await record(path)
  await writeFile(join(folder.path, 'x_part-003.mcap'), '')
  await using file = await openSampleFile(path)
  const none = { measuredRate: undefined, drift: undefined, driftUncertainty: undefined }
  expect(await file.facts!()).toEqual({
    isClosed: true,
    reason: 'stop',
    library: 'nodeacq 9.8.7',
    attachments: new Map([['lab.yaml', 'nodes: {}']]),
    previous: 'x.mcap',
    next: 'x_part-003.mcap',
    clocks: [
      {
        stream: 'eeg',
        marks: 3,
        measuredRate: expect.closeTo(1000.05, 6) as number,
        drift: expect.closeTo(50, 3) as number,
        driftUncertainty: expect.closeTo(20, 6) as number,
        uncertainty: 0.0003
      },
      { stream: 'aux', marks: 0, uncertainty: undefined, ...none }
    ],
    notes: { paramChanges: 1, warnings: 2, errors: 1 }
  })
})
