import { fileURLToPath } from 'node:url'
import { startManager } from '@nodeacq/core'
import '@nodeacq/nodes'
import { missingPrograms, PulseServer } from 'testing'
import { expect, test } from 'vitest'
import { runCommand } from '../command.ts'
import { pyacqSource } from './realPyacq.ts'

const SCRIPT = fileURLToPath(new URL('./python/real_pyacq_devices.py', import.meta.url))
const missing = await missingPrograms(
  'sound and cameras for pyacq',
  'pulseaudio',
  'pactl',
  'parec',
  'ffmpeg',
  'ffprobe'
)
if (!pyacqSource) console.log('sound and cameras for the real pyacq: skipped, PYACQ_SRC does not name a checkout of it')

test.skipIf(!pyacqSource || missing)(
  "the manual's examples for sound and cameras work from the real pyacq",
  async () => {
    await using _server = await PulseServer.start('sink_name=null0')
    await using manager = await startManager()
    const env = { PYTHONPATH: pyacqSource!, PYQTGRAPH_QT_LIB: 'PyQt5', QT_QPA_PLATFORM: 'offscreen' }
    const python = process.env['PYACQ_PYTHON'] ?? 'python3'
    const { code, output } = await runCommand(python, [SCRIPT, manager.address], { env, timeout: 60_000 })
    if (code !== 0) throw new Error(`exit ${code}\n${output}`)
    const seen = JSON.parse(output.trim().split('\n').at(-1)!) as {
      input: string
      refusal: string
      sound: [number, number[], string][]
      video: [number, number[], string][]
    }
    expect(seen.input).toBe('null0.monitor')
    expect(seen.refusal).toContain('there is no camera 63')
    const [first] = seen.sound[0]!
    expect(seen.sound).toEqual([0, 1, 2, 3, 4].map((k) => [first + 1024 * k, [1024, 1], 'int16']))
    expect(seen.video.map(([, shape, dtype]) => [shape, dtype])).toEqual(seen.video.map(() => [[48, 64, 3], 'uint8']))
    const [frame] = seen.video[0]!
    expect(seen.video.map(([index]) => index)).toEqual([0, 1, 2, 3, 4].map((k) => frame + k))
  }
)
