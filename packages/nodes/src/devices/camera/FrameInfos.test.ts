import { expect, test } from 'vitest'
import { FrameInfos, isRoutine, parseFrameInfo } from './FrameInfos.ts'

// Lines of ffmpeg 5.1.
const FRAME =
  '[Parsed_showinfo_0 @ 0x55c137377e40] n:   4 pts:      4 pts_time:0.4     pos:       -1 fmt:rgb24 sar:1/1 s:64x48 i:P iskey:1 type:I'
const COLOURS =
  '[Parsed_showinfo_0 @ 0x55c137377e40] color_range:unknown color_space:unknown color_primaries:unknown color_trc:unknown'

test('lines of showinfo are read, others are not', () => {
  expect(parseFrameInfo(FRAME)).toEqual({ time: 0.4, width: 64, height: 48 })
  expect(parseFrameInfo(FRAME.replace('pts:      4 pts_time:0.4', 'pts: NOPTS pts_time:NOPTS'))?.time).toBeNaN()
  const newer = '[Parsed_showinfo_0 @ 0x1] n:   0 pts:1763737200000000 pts_time:1763737200 duration:      1 '
  const rest = 'duration_time:0.04    fmt:yuyv422 cl:unspecified sar:0/1 s:1280x720 i:P iskey:1 type:I'
  expect(parseFrameInfo(newer + rest)).toEqual({ time: 1763737200, width: 1280, height: 720 })
  for (const line of [COLOURS, 'Stream mapping:', '']) expect(parseFrameInfo(line)).toBeUndefined()
})

test('what ffmpeg always writes is no reason for its end', () => {
  for (const line of [COLOURS, "Input #0, lavfi, from 'testsrc':", 'Press [q] to stop, [?] for help']) {
    expect(isRoutine(line)).toBe(true)
  }
  expect(isRoutine('/dev/video0: No such file or directory')).toBe(false)
})

test('a frame waits for what is said of it; where nothing comes, the next do not', async () => {
  const infos = new FrameInfos()
  const info = { time: 1, width: 2, height: 3 }
  const waiting = infos.next()
  infos.push(info)
  infos.push({ ...info, time: 2 })
  expect(await waiting).toBe(info)
  expect((await infos.next())?.time).toBe(2)
  expect(await infos.next()).toBeUndefined()
  infos.push(info)
  expect(await infos.next()).toBeUndefined()
  infos.begin()
  infos.push(info)
  expect(await infos.next()).toBe(info)
})
