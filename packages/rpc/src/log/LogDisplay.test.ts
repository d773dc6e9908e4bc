import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LogDisplay } from './LogDisplay.ts'
import { makeLogRecord, type LogRecord } from './LogRecord.ts'
import { infoOf } from './winstonInfo.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function record(msg: string, created: number, rest: Partial<LogRecord> = {}): LogRecord {
  return { ...makeLogRecord({ name: 'amp', level: 'info', message: msg }), created, ...rest }
}

function makeDisplay() {
  const stream = new PassThrough({ encoding: 'utf8' })
  const display = new LogDisplay({ stream })
  const shown = () => ((stream.read() as string | null) ?? '').split('\n').filter((line) => line !== '')
  return { show: (each: LogRecord) => display.log(infoOf(each), () => undefined), display, shown }
}

test('records are held 200 ms and come out in the order they were made', () => {
  const { show, shown } = makeDisplay()
  show(record('third', 30))
  vi.advanceTimersByTime(100)
  show(record('first', 10))
  show(record('second', 20))
  show(record('fourth', 40))
  vi.advanceTimersByTime(99)
  expect(shown()).toEqual([])
  vi.advanceTimersByTime(1)
  expect(shown().map((line) => line.split(': ')[1])).toEqual(['first', 'second', 'third'])
  vi.advanceTimersByTime(200)
  expect(shown().map((line) => line.split(': ')[1])).toEqual(['fourth'])
})

test('flush shows at once what is held', () => {
  const { show, display, shown } = makeDisplay()
  show(record('b', 2))
  show(record('a', 1))
  display.flush()
  expect(shown()).toHaveLength(2)
})

test('a line names host, process, thread, time, level and logger, and the error stands below it', () => {
  const { show, display, shown } = makeDisplay()
  const names = { host_name: 'lab', process_name: 'emg', thread_name: 'main' }
  show(record('unplugged', 1.5, { ...names, levelname: 'ERROR', levelno: 40, exc_text: 'Error: EIO\n    at read' }))
  display.flush()
  expect(shown()).toEqual(['[lab:emg:main] 00:00:01.500 ERROR amp: unplugged', 'Error: EIO', '    at read'])
})

test('colours go to a terminal only', () => {
  const text = (isTTY: boolean) => {
    const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
    const display = new LogDisplay({ stream })
    display.log(infoOf(record('low battery', 1, { levelno: 30 })), () => undefined)
    vi.stubEnv('NO_COLOR', undefined)
    vi.stubEnv('FORCE_COLOR', undefined)
    display.flush()
    vi.unstubAllEnvs()
    return stream.read() as string
  }
  expect(text(false)).not.toContain('\u001b[')
  expect(text(true)).toContain('\u001b[33m')
})
