import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ramp, seededRandom, startProcess, tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { openSampleFile } from '../src/index.ts'

const KILLS = process.env['NODEACQ_SOAK'] === '1' ? 200 : 5
const program = new URL('../test/programs/recordForever.ts', import.meta.url)

test(
  'a recorder that is killed at any moment leaves a recording of whole samples in order',
  async () => {
    const seed = Date.now() % 100_000
    const random = seededRandom(seed)
    process.stdout.write(`kill test: ${KILLS} kills, seed ${seed}\n`)
    for (let k = 0; k < KILLS; k++) {
      await using folder = await tempFolder()
      const path = join(folder.path, 'rec')
      await using recorder = await startProcess(program, [path])
      await recorder.line('recording')
      await sleep(random() * 150)
      recorder.kill('SIGKILL')
      await recorder.exited
      await using recording = await openSampleFile(path)
      const [stream] = recording.streams
      const count = stream!.sampleCount
      expect([stream!.startIndex, stream!.gaps]).toEqual([0, []])
      const truth = ramp({ samples: count, channels: 4, dtype: 'int32' })
      expect((await stream!.read(0, count, 'digital')).equals(truth), `kill ${k} of seed ${seed}`).toBe(true)
    }
  },
  KILLS * 10_000
)
