import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { LslStreamInlet } from '../../src/lsl/net/LslStreamInlet.ts'
import { LslStreamOutlet, type LslStreamDescription } from '../../src/lsl/net/LslStreamOutlet.ts'
import { resolveLslStreams } from '../../src/lsl/net/resolveLslStreams.ts'
import { fetchFullInfo } from '../../src/lsl/net/fetchFullInfo.ts'
import type { SampleBatch } from '../../src/lsl/wire/SampleBatch.ts'
import { isolated } from './isolated.ts'

const EEG: LslStreamDescription = {
  name: 'amp',
  type: 'EEG',
  channelCount: 2,
  channelFormat: 'float32',
  nominalRate: 100,
  sourceId: 'amp-1'
}

test('a stream is found, described and read', async () => {
  const settings = await isolated()
  await using outlet = await LslStreamOutlet.open(EEG, { settings })
  const [info] = await resolveLslStreams({ settings, predicate: "type='EEG' or name='x'", minimum: 1, timeout: 10 })
  expect(info).toMatchObject({ name: 'amp', uid: outlet.info.uid, v4Address: '127.0.0.1' })
  expect(await fetchFullInfo(info!)).toEqual({ ...outlet.info, v4Address: '127.0.0.1' })
  const inlet = new LslStreamInlet(info!, { settings })
  const batches: SampleBatch[] = []
  const stop = new AbortController()
  const done = inlet.run(stop.signal, { onSamples: (batch) => void batches.push(batch) })
  await waitFor(() => outlet.consumerCount === 1)
  outlet.pushNumbers(new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer), 1000.5)
  await waitFor(() => batches.length === 1 && inlet.timeCorrection !== undefined)
  expect([...batches[0]!.stamps]).toEqual([1000.48, 1000.49, 1000.5])
  expect([...new Float32Array(batches[0]!.bytes.buffer, batches[0]!.bytes.byteOffset, 6)]).toEqual([1, 2, 3, 4, 5, 6])
  const { offset, uncertainty } = inlet.timeCorrection!
  expect(Math.abs(offset)).toBeLessThanOrEqual(uncertainty)
  stop.abort()
  await done
  await waitFor(() => outlet.consumerCount === 0)
})
