import { describe, expect, test } from 'vitest'
import type { RunSummary } from '../run/RunSummary.ts'
import { formatBar, formatClock, formatMs, formatRate } from './format.ts'
import { layoutTable, wrap } from './layoutTable.ts'
import { liveLines, type LiveNode } from './liveLines.ts'
import { LiveRegion } from './LiveRegion.ts'
import { NO_PAINT } from './Paint.ts'
import { summaryLines } from './summaryLines.ts'

test('figures are short and aligned with the eye', () => {
  expect([0, 59.9, 61, 3723].map(formatClock)).toEqual(['0:00', '0:59', '1:01', '1:02:03'])
  expect([undefined, 0, 0.25, 250, 9999, 30_000, 1_250_000].map((rate) => formatRate(rate))).toEqual([
    '–',
    '0',
    '0.3',
    '250',
    '9,999',
    '30.0 k',
    '1.25 M'
  ])
  const measured = (hz: number, uncertainty: number) => formatRate(1000, { hz, uncertainty })
  expect([measured(999.976, 0.004), measured(29_999.43, 0.03), measured(250.4, 0.3), measured(990, 20)]).toEqual([
    '999.98',
    '29,999.4',
    '250',
    '1,000'
  ])
  expect([-0.06, 0.084, 3.21, 45.6, 1500].map(formatMs)).toEqual(['0.00 ms', '0.08 ms', '3.2 ms', '46 ms', '1.5 s'])
  expect([0, 0.5, 2].map((part) => formatBar(part, 4))).toEqual(['░░░░   0 %', '██░░  50 %', '████ 100 %'])
})

test('texts break between words', () => {
  expect(wrap('some words, and  a longerWordThanFits here', 11)).toEqual([
    'some words,',
    'and a',
    'longerWordThanFits',
    'here'
  ])
  expect(wrap('', 5)).toEqual([''])
})

describe('a table', () => {
  const columns = [{ title: 'NAME' }, { title: 'N', align: 'right' as const, priority: 0 }, { title: 'WORDS' }]
  const rows = [
    ['a', '1', 'some words'],
    ['long', { text: '100', paint: (text: string) => `<${text}>` }, 'x']
  ]

  test('aligns its columns; paint has no width', () => {
    expect(layoutTable(columns, rows)).toEqual(['NAME    N  WORDS', 'a       1  some words', 'long  <100>  x'])
  })

  test('gives up columns, then cuts, to stay within the width', () => {
    expect(layoutTable(columns, rows, { width: 18 })).toEqual(['NAME  WORDS', 'a     some words', 'long  x'])
    expect(layoutTable(columns, rows, { width: 10 })).toEqual(['NAME  WOR…', 'a     som…', 'long  x'])
  })
})

const node = (name: string, more: object = {}): LiveNode =>
  ({ name, state: 'running', cpu: 0.034, progress: null, rate: 1000, inputs: [], ...more }) as LiveNode
const input = (more: object = {}) => ({
  lostSamples: 0,
  skippedSamples: 0,
  stalled: false,
  latencyMs: { p50: 0.31, p99: 2 },
  ...more
})

describe('the live table', () => {
  const nodes = [
    node('amp'),
    node('filter', { rate: 12_000, inputs: [input({ lostSamples: 1200 })] }),
    node('disk', { state: 'failed', rate: undefined, inputs: [input({ skippedSamples: 5, latencyMs: null })] })
  ]

  test('shows state, rate, loss, latency and the progress to the duration', () => {
    const view = { graph: 'demo', elapsed: 12.4, duration: 60, nodes }
    expect(liveLines(view, { width: 80, paint: NO_PAINT })).toEqual([
      `demo  0:12 / 1:00  ████████${'░'.repeat(32)}  20 %`,
      'NODE    STATE    RATE /s   LOST  SKIPPED  LATENCY    CPU',
      'amp     running    1,000      –        –        –    3 %',
      'filter  running   12.0 k  1,200        0  0.31 ms    3 %',
      'disk    failed         –      0        5        –    3 %'
    ])
  })

  test('takes the progress of finite sources, and fits a narrow window', () => {
    const view = {
      graph: 'demo',
      elapsed: 3,
      duration: undefined,
      nodes: [node('replay', { progress: 0.75 }), ...nodes]
    }
    const lines = liveLines(view, { width: 36, paint: NO_PAINT })
    expect(lines[0]).toMatch(/^demo {2}0:03 {2}█+░+ {2}75 %$/)
    expect(lines[1]).toBe('NODE    STATE    RATE /s   LOST')
    expect(lines.every((line) => line.length <= 36)).toBe(true)
  })
})

describe('the live region', () => {
  /** A terminal that understands what the region sends: text, cursor up, clear below. */
  class Screen {
    columns = 20
    rows = 6
    isCursorShown = true
    lines: string[] = ['$ run', '']

    write(text: string): void {
      // oxlint-disable-next-line no-control-regex -- escape sequences
      for (const [part] of text.matchAll(/\u001B\[\??(\d+)([A-Za-z])|[^\u001B]+/g)) this.#take(part)
    }

    #take(part: string): void {
      if (part.startsWith('\u001B[?25')) this.isCursorShown = part.endsWith('h')
      else if (part.endsWith('A') && part.startsWith('\u001B'))
        this.lines = this.lines.slice(0, this.lines.length - Number(part.slice(2, -1)))
      else if (part === '\u001B[0J') this.lines[this.lines.length - 1] = ''
      else if (part !== '\r') {
        const [first, ...rest] = part.replace(/^\r/, '').split('\n')
        this.lines[this.lines.length - 1] += first!
        this.lines.push(...rest)
      }
    }
  }

  test('is redrawn in place, and what is printed scrolls above it', () => {
    const screen = new Screen()
    const region = new LiveRegion(screen)
    region.draw(['one', 'two'])
    expect(screen).toMatchObject({ lines: ['$ run', 'one', 'two', ''], isCursorShown: false })
    region.draw(['uno', 'due', 'tre'])
    region.printAbove('a warning')
    expect(screen.lines).toEqual(['$ run', 'a warning', 'uno', 'due', 'tre', ''])
    region.draw(['end'])
    region.close()
    region.close()
    expect(screen).toMatchObject({ lines: ['$ run', 'a warning', 'end', ''], isCursorShown: true })
  })

  test('never grows beyond the window', () => {
    const screen = new Screen()
    const region = new LiveRegion(screen)
    region.draw(['1', '2', '3', '4', '5', '6', '7'])
    expect(screen.lines).toEqual(['$ run', '1', '2', '3', '4', '… 3 more lines', ''])
    region.close({ erase: true })
    expect(screen.lines).toEqual(['$ run', ''])
  })
})

describe('the summary', () => {
  const edge = {
    delivery: 'complete',
    chunks: 50,
    samples: 5000,
    lostSamples: 0,
    skippedSamples: 0,
    duplicatedSamples: 0,
    gaps: 0,
    stalled: false
  } as const
  const good: RunSummary = {
    graph: 'demo',
    durationSeconds: 5.04,
    ok: true,
    nodes: [
      {
        name: 'amp',
        type: 'NoiseGenerator',
        group: 'acquisition',
        host: 'lab',
        state: 'initialized',
        error: null,
        counters: {}
      },
      {
        name: 'disk',
        type: 'RawRecorder',
        group: 'analysis',
        host: 'local',
        state: 'initialized',
        error: null,
        counters: {}
      }
    ],
    edges: [{ ...edge, from: 'amp.signals', to: 'disk.raw', latencyMs: { p50: 0.2, p99: 1.04 } }],
    recordings: [{ node: 'disk', path: '/data/demo/run1' }]
  }
  const lines = (summary: RunSummary, width = 100) => summaryLines(summary, { width, paint: NO_PAINT })

  test('of a good run says that nothing was lost', () => {
    expect(lines(good).join('\n')).toBe(
      `
demo ran 5.0 s

NODE  TYPE            GROUP        HOST   STATE
amp   NoiseGenerator  acquisition  lab    ended
disk  RawRecorder     analysis     local  ended

EDGE                    DELIVERY  CHUNKS  SAMPLES  LOST  SKIPPED  LATENCY p50 / p99
amp.signals → disk.raw  complete      50    5,000     0        0   0.20 ms / 1.0 ms

recorded  disk  /data/demo/run1

ok: nothing lost`.slice(1)
    )
  })

  test('of a bad run names what failed and what was lost', () => {
    const error = { name: 'GroupError', message: 'killed by SIGKILL\nmore' }
    const bad: RunSummary = {
      ...good,
      ok: false,
      nodes: [good.nodes[0]!, { ...good.nodes[1]!, state: 'failed', error }],
      edges: [{ ...good.edges[0]!, lostSamples: 1200, latencyMs: null }]
    }
    expect(lines(bad).at(-1)).toBe("not ok: node 'disk' failed; 1,200 samples lost on amp.signals → disk.raw")
    expect(lines(bad)).toContain('disk  RawRecorder     analysis     local  failed: killed by SIGKILL')
  })

  test('tells loss that was allowed from loss that was not', () => {
    const allowed = { ...good, edges: [{ ...good.edges[0]!, delivery: 'bestEffort' as const, lostSamples: 3 }] }
    expect(lines(allowed).at(-1)).toBe('ok: 3 samples lost on amp.signals → disk.raw (bestEffort may lose)')
    const skipped = { ...good, edges: [{ ...good.edges[0]!, delivery: 'latest' as const, skippedSamples: 3 }] }
    expect(lines(skipped).at(-1)).toBe('ok: nothing lost; 3 samples skipped by inputs that only want the latest')
  })

  test('never cuts a path', () => {
    expect(lines(good, 20)).toContain('recorded  disk  /data/demo/run1')
  })
})
