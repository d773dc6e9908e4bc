import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { ConfigError, createManager, DeviceError, MissingPackageError } from '@nodeacq/core'
import { InputStream, OutputStream, type Gap } from '@nodeacq/stream'
import { missingPrograms, tempFolder, waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { Camera, StreamMonitor } from '../../src/index.ts'
import { childrenOf, isRunning } from '../childrenOf.ts'

const missing = await missingPrograms('camera', 'ffmpeg', 'ffprobe')

test('without ffmpeg the error says what to install on which system', async () => {
  const { PATH } = process.env
  try {
    process.env['PATH'] = '/nowhere'
    await using node = new Camera({ name: 'cam' })
    await expect(node.configure({ lavfi: 'testsrc' })).rejects.toThrow(MissingPackageError)
    await expect(node.configure({ lavfi: 'testsrc' })).rejects.toThrow(
      /Camera 'cam' needs 'ffprobe'.*apt install ffmpeg.*brew install ffmpeg.*winget install ffmpeg/
    )
  } finally {
    process.env['PATH'] = PATH
  }
})

/** Every frame of one run, with its index, and the gaps. */
async function framesOf(
  node: Camera,
  input: InputStream
): Promise<{ indexes: number[]; frames: Buffer[]; shapes: (readonly number[])[]; gaps: Gap[] }> {
  const result = {
    indexes: [] as number[],
    frames: [] as Buffer[],
    shapes: [] as (readonly number[])[],
    gaps: [] as Gap[]
  }
  input.startRun()
  await node.start()
  for await (const { index, data, gaps } of input.chunks()) {
    result.indexes.push(index)
    result.shapes.push(data.shape)
    result.frames.push(Buffer.from(data.toContiguous().bytes()))
    result.gaps.push(...gaps)
  }
  return result
}

describe.skipIf(missing)('with ffmpeg', () => {
  test.each([
    ['plaindata', [120, 160, 3], 'messages'],
    ['sharedmem', [-1, 120, 160, 3], 'samples']
  ])('by %s every frame comes as ffmpeg made it, in two runs', async (transferMode, shape, accounting) => {
    const lavfi = 'testsrc2=size=160x120:rate=50:duration=0.6'
    const args = ['-v', 'error', '-f', 'lavfi', '-i', lavfi, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']
    const raw = execFileSync('ffmpeg', args, { maxBuffer: 1e8 })
    await using node = new Camera({ name: 'cam' })
    await node.configure({ lavfi })
    await node.output.configure({ transferMode, bufferSize: 16 })
    expect(node.output.info).toMatchObject({
      streamType: 'video',
      dtype: 'uint8',
      shape,
      sampleRate: 50,
      accounting
    })
    await node.initialize()
    await using input = new InputStream({ delivery: 'complete' })
    await input.connect(node.output)
    for (let run = 0; run < 2; run++) {
      const { indexes, frames, shapes, gaps } = await framesOf(node, input)
      expect(await node.finished()).toBeUndefined()
      expect(indexes).toEqual(Array.from({ length: 30 }, (_, k) => k + 1))
      expect(new Set(shapes.map(String))).toEqual(new Set([shape.map(Math.abs).join(',')]))
      expect(Buffer.concat(frames).equals(raw)).toBe(true)
      expect(gaps).toEqual([])
      // Frame k, from 0, was taken after k/50 s.
      expect(node.output.clock.deviceTimeOf(25)!.time).toBeCloseTo(500, 3)
    }
    expect(await childrenOf(process.pid).then((all) => all.filter(({ program }) => program === 'ffmpeg'))).toEqual([])
  })

  test('frames that the camera dropped are gaps of their number', async () => {
    await using node = new Camera({ name: 'cam' })
    await node.configure({ lavfi: "testsrc=size=64x48:rate=100:duration=0.5,select='not(between(n,20,24)+eq(n,40))'" })
    await node.initialize()
    await using input = new InputStream({ delivery: 'complete' })
    await input.connect(node.output)
    await using monitor = new StreamMonitor({ name: 'monitor' })
    await monitor.configure({})
    await monitor.input.connect(node.output)
    await monitor.initialize()
    await monitor.start()
    const { frames, gaps } = await framesOf(node, input)
    await monitor.finished()
    expect(gaps).toMatchObject([
      { from: 20, to: 25, declared: true, cause: 'device' },
      { from: 40, to: 41, declared: true, cause: 'device' }
    ])
    expect(frames).toHaveLength(44)
    expect(monitor.report()).toMatchObject({ samples: 44, missingSamples: 6, lostSamples: 0, sampleRate: 100 })
    expect(monitor.report().measuredRate).toBeLessThan(1000)
    expect(node.status().counters).toEqual({ missingFrames: 6, reconnects: 0 })
  })

  test('what is no camera, or no video, is a DeviceError with the words of ffmpeg', async () => {
    await using node = new Camera({ name: 'cam' })
    await expect(node.configure({ lavfi: 'nonsense=1' })).rejects.toThrow(/Camera 'cam': .*nonsense/)
    await expect(node.configure({ lavfi: 'sine=frequency=440' })).rejects.toThrow(/expected video of sine/)
    await expect(node.configure({ cameraName: '/nowhere/video' })).rejects.toThrow(DeviceError)
    await expect(node.configure({ cameraNum: 63 })).rejects.toThrow(/there is no camera 63; there are: /)
    await expect(node.configure({ lavfi: 'testsrc', size: '64x48' })).rejects.toThrow(ConfigError)
    await expect(node.configure({ size: '64' })).rejects.toThrow(/640x480/)
  })

  test('frames of another size than was configured end the run with an error that names both', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'camera.nut')
    const record = (size: string): void => {
      const source = ['-f', 'lavfi', '-i', `testsrc=size=${size}:rate=50:duration=0.5`]
      execFileSync('ffmpeg', ['-v', 'error', '-y', ...source, '-c:v', 'rawvideo', '-pix_fmt', 'rgb24', file])
    }
    record('64x48')
    await using node = new Camera({ name: 'cam' })
    await node.configure({ lavfi: `movie=${file}` })
    await node.initialize()
    record('32x24')
    await node.start()
    const error = await node.finished()
    expect(error).toBeInstanceOf(DeviceError)
    expect(error!.message).toMatch(/Camera 'cam': .*expected frames of 64x48 as configured, got 32x24/)
  })

  test('in a group, ffmpeg that is killed leaves a gap, comes again, and goes with the group', async () => {
    await using manager = await createManager()
    const group = await manager.createNodeGroup({ name: 'video' })
    const { pid } = await group.status()
    const node = await group.createNode('WebCamAV', { name: 'cam' })
    await node.configure({ lavfi: 'testsrc=size=320x240:rate=50' })
    await node.outputs['video']!.configure({ transferMode: 'sharedmem', bufferSize: 20 })
    await node.initialize()
    const input = new InputStream({ delivery: 'complete' })
    await input.connect(node.outputs['video']!)
    input.startRun()
    await manager.startAll()
    const gaps: Gap[] = []
    let count = 0
    let newest = 0
    let wanted = 20
    for await (const { gaps: before, index } of input.chunks()) {
      count += 1
      newest = index
      gaps.push(...before)
      if (before.length > 0) wanted = count + 20
      if (count !== wanted) continue
      if (gaps.length === 2) break
      for (const child of await camerasOf(pid)) process.kill(child, 'SIGKILL')
    }
    const { lostSamples } = input.status()
    const { counters } = await node.status()
    const [child] = await camerasOf(pid)
    await input.close()
    expect(lostSamples).toBe(0)
    expect(gaps.map(({ declared, cause }) => [declared, cause])).toEqual([
      [true, 'device'],
      [true, 'device']
    ])
    const missingFrames = gaps.reduce((sum, { from, to }) => sum + to - from, 0)
    expect(counters).toMatchObject({ missingFrames, reconnects: 2 })
    expect(count + missingFrames).toBe(newest)
    // Each time a second went by before the next attempt.
    expect(missingFrames).toBeGreaterThanOrEqual(90)
    process.kill(pid, 'SIGKILL')
    await waitFor(async () => !(await isRunning(child!)), { what: 'ffmpeg to end with its group' })
    // The next ring that is made clears what a killed process left in shared memory.
    await using tidy = new OutputStream()
    await tidy.configure({ transferMode: 'sharedmem', bufferSize: 1 })
  }, 60_000)
})

async function camerasOf(pid: number): Promise<number[]> {
  const children = (await childrenOf(pid)).filter(({ program }) => program === 'ffmpeg')
  expect(children.filter(({ isZombie }) => isZombie)).toEqual([])
  return children.map((child) => child.pid)
}
