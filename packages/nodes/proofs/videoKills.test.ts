import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { missingPrograms, seededRandom, startProcess, tempFolder, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { childrenOf, isRunning } from '../test/childrenOf.ts'

const missing = await missingPrograms('kills of video recorders', 'ffmpeg', 'ffprobe')
const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const KILLS = process.env['NODEACQ_SOAK'] === '1' ? 50 : 10
const TOGETHER = 5
const program = new URL('programs/recordVideo.ts', import.meta.url)
/** Frames that may be in the encoder or between it and the file, at 100 each second. */
const KINDS = [
  ['a.mkv', 'ffv1', 40],
  ['a.mkv', 'h264', 130],
  ['a.mp4', 'h264', 130],
  ['a.avi', 'mjpeg', 40]
] as const

/** The number of each picture in the file, modulo 256, as ffmpeg decodes it; a cut end is passed over. */
function numbersIn(path: string): number[] {
  const args = ['-v', 'quiet', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']
  const raw = execFileSync('ffmpeg', args, { maxBuffer: 1e9 })
  const size = 64 * 48 * 3
  return Array.from({ length: Math.floor(raw.length / size) }, (_, k) => raw[k * size + size / 2]!)
}

interface Outcome {
  readonly what: string
  readonly frames: number
  /** Frames in the list that are not in the file. */
  readonly gone: number
  readonly bound: number
  readonly isRight: boolean
}

async function killOne(k: number, wait: number): Promise<Outcome> {
  const [name, codec, bound] = KINDS[k % KINDS.length]!
  const alone = k >= KINDS.length
  const what = `kill ${k} of seed ${SEED}, ${name} of ${codec}${alone ? '' : ', with its encoder'}`
  await using folder = await tempFolder()
  const path = join(folder.path, name)
  await using recorder = await startProcess(program, [path, codec])
  await recorder.line('recording', { timeout: 60_000 })
  await sleep(wait)
  const encoders = (await childrenOf(recorder.pid)).filter(({ program: each }) => each === 'ffmpeg')
  if (!alone) for (const { pid } of encoders) process.kill(pid, 'SIGKILL')
  recorder.kill('SIGKILL')
  await recorder.exited
  for (const { pid } of encoders) await waitFor(async () => !(await isRunning(pid)))
  const lines = (await readFile(path.replace(/\.\w+$/, '.frames.csv'), 'utf8')).split('\n').slice(1, -1)
  const numbers = numbersIn(path)
  const places = lines.map((line) => line.split(',', 3).toSpliced(1, 1).join())
  const isListed = places.every((place, row) => place === `${row},${row}`)
  const isNear = numbers.every((number, frame) => Math.abs(number - (frame & 0xff)) <= (codec === 'ffv1' ? 0 : 6))
  const [frames, gone] = [lines.length, lines.length - numbers.length]
  return { what, frames, gone, bound, isRight: isListed && isNear }
}

test.skipIf(missing)(
  'a recorder that is killed, with its encoder or alone, leaves readable frames, each with its line',
  async () => {
    const random = seededRandom(SEED)
    for (let k = 0; k < KILLS; k += TOGETHER) {
      const kills = Array.from({ length: TOGETHER }, (_, j) => killOne(k + j, 500 + random() * 1000))
      for (const { what, frames, gone, bound, isRight } of await Promise.all(kills)) {
        process.stdout.write(`${what}: ${gone} of ${frames} frames are gone\n`)
        expect({ what, isRight, isWithin: gone >= 0 && gone <= bound }).toEqual({ what, isRight: true, isWithin: true })
      }
    }
  },
  KILLS * 20_000
)
