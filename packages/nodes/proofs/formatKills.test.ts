import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { killRecorder, type KillOptions } from './killRecorder.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const KILLS = process.env['NODEACQ_SOAK'] === '1' ? 200 : 10
const TOGETHER = 2

const both = (file: string): KillOptions['signals'] => ({ x: { file, name: 'x' }, y: { file, name: 'y' } })
const KINDS: readonly Omit<KillOptions, 'random'>[] = [
  { type: 'Hdf5Recorder', file: 'session.h5', signals: both('session.h5'), hasEvents: true, warnings: /./ },
  {
    type: 'XdfRecorder',
    file: 'session.xdf',
    signals: both('session.xdf'),
    hasEvents: true,
    warnings: /the file ends within a chunk$/
  },
  {
    type: 'WavRecorder',
    file: 'session.wav',
    signals: { x: { file: 'session.wav', name: 'signals' }, y: { file: 'session_y.wav', name: 'signals' } },
    // Marks are written at the end.
    hasEvents: false,
    warnings: /older than the file|the last frame is cut/
  }
]

test.each(KINDS)(
  '$type that is killed leaves every acknowledged sample',
  async (kind) => {
    const random = seededRandom(SEED)
    const total = { acknowledged: 0, held: 0 }
    for (let k = 0; k < KILLS; k += TOGETHER) {
      const kills = Array.from({ length: TOGETHER }, () => killRecorder({ ...kind, random }))
      for (const { acknowledged, held } of await Promise.all(kills)) {
        total.acknowledged += acknowledged
        total.held += held
      }
    }
    expect(total.held).toBeGreaterThanOrEqual(total.acknowledged)
    process.stdout.write(
      `${kind.type}: ${KILLS} kills, seed ${SEED}: acknowledged ${total.acknowledged} samples, found ${total.held}\n`
    )
  },
  KILLS * 30_000
)
