import type { Columns } from '../results.ts'
import { isObject } from '../messages.ts'
import { commandToV1, commandToV2, isFacial } from './names.ts'

/** Columns of a stream in the other document, and its values from those of this one. */
export interface StreamForm {
  readonly cols: Columns
  /** @param labels of the session's markers, in the order in which they were first used */
  readonly values: (values: readonly unknown[], labels: readonly string[]) => unknown[]
}

/** A stream of the older Cortex beside the same of Cortex 2. */
interface StreamPair {
  readonly toV1: (cols: Columns) => StreamForm
  /** Left out where columns and values are the same. */
  readonly toV2?: (cols: Columns) => StreamForm
}

const NO_SENSORS = ['COUNTER', 'INTERPOLATED', 'RAW_CQ', 'MARKER_HARDWARE', 'MARKERS']
const MARKER = 'MARKER'
const BANDS = ['Alpha', 'BetaH', 'BetaL', 'Gamma', 'Theta']
const COMMANDS = ['neutral', 'push', 'pull', 'lift', 'drop', 'left', 'right']
/** Columns of `cog`, and those of `met`: what was frustration is stress now. */
const METRICS = { EXC: 'exc', REL: 'rel', FOC: 'foc', INT: 'int', FRU: 'str', ENG: 'eng', LEX: 'lex' }
/** Columns of `fac`: each has the power of its expression, one of two sides is negative. */
const FACES: Readonly<Record<string, { readonly plus: string; readonly minus?: string }>> = {
  Frown: { plus: 'frown' },
  Clench: { plus: 'clench' },
  Smile: { plus: 'smile' },
  Surprise: { plus: 'surprise' },
  Laugh: { plus: 'laugh' },
  Blink: { plus: 'blink' },
  Wink_RL: { plus: 'winkR', minus: 'winkL' },
  look_RL: { plus: 'horiEye' },
  look_UD: { plus: 'vertEye' },
  Smirk_RL: { plus: 'smirkRight', minus: 'smirkLeft' }
}

const PAIRS: Readonly<Record<string, StreamPair>> = {
  eeg: {
    toV1: (cols) => {
      const names = cols.flat()
      const places = names.flatMap((name, k) => (NO_SENSORS.includes(name) ? [] : [k]))
      const marks = names.indexOf('MARKERS')
      return {
        cols: [...places.map((place) => names[place]!), MARKER],
        values: (values, labels) => [...places.map((place) => values[place]), markOf(values[marks], labels)]
      }
    },
    toV2: (cols) => {
      const names = cols.flat()
      const mark = names.indexOf(MARKER)
      if (mark < 0) return same(cols)
      const isOther = (_: unknown, k: number) => k !== mark
      return {
        cols: [...names.filter(isOther), 'MARKERS'],
        values: (values, labels) => [...values.filter(isOther), markersOf(values[mark], labels)]
      }
    }
  },
  mot: {
    toV1: (cols) => {
      const names = cols.flat()
      const wanted = names.some((name) => name.startsWith('GYRO')) ? /^GYRO/ : /^Q/
      const places = names.flatMap((name, k) => (wanted.test(name) ? [k] : []))
      const toName = (name: string) => name.replace('GYRO', 'gyro').replace(/^Q/, 'q')
      return picked(
        places.map((place) => toName(names[place]!)),
        places
      )
    }
  },
  dev: {
    toV1: (cols) => ({
      cols: ['battery', 'signal', 'contact'],
      values: (values) => [values[0], values[1], values.flat()[cols.flat().indexOf('OVERALL')]]
    })
  },
  con: {
    toV1: (cols) => {
      const [, , , ...sensors] = cols.flat()
      return picked(['ALL', ...sensors], [1, ...sensors.map((_, k) => 3 + k)])
    }
  },
  pow: {
    toV1: (cols) => {
      const names = cols.flat().map((name) => name.toLowerCase())
      const placesOf = (band: string) =>
        names.flatMap((name, k) => (name.endsWith(`/${band.toLowerCase()}`) ? [k] : []))
      const bands = BANDS.map(placesOf)
      return { cols: BANDS, values: (values) => bands.map((places) => mean(places.map((k) => values[k] as number))) }
    }
  },
  cog: {
    toV1: (cols) => {
      const names = cols.flat()
      return picked(
        Object.keys(METRICS),
        Object.values(METRICS).map((name) => names.indexOf(name))
      )
    }
  },
  com: {
    toV1: () => ({
      cols: COMMANDS.map((command) => capital(commandToV1(command))),
      values: ([action, power]) => COMMANDS.map((command) => (command === action && command !== 'neutral' ? power : 0))
    }),
    toV2: (cols) => ({
      cols: ['act', 'pow'],
      values: (values) => {
        const [power, place] = greatest(values)
        return power > 0 ? [commandToV2(cols.flat()[place]!), power] : ['neutral', 0]
      }
    })
  },
  fac: {
    toV1: () => ({
      cols: Object.keys(FACES),
      values: ([eyes, upper, upperPower, lower, lowerPower]) => {
        const powers = new Map([
          [eyes, 1],
          [upper, upperPower],
          [lower, lowerPower]
        ])
        return Object.values(FACES).map(({ plus, minus = '' }) => {
          if (powers.has(plus)) return powers.get(plus)
          return powers.has(minus) ? -(powers.get(minus) as number) : 0
        })
      }
    }),
    toV2: (cols) => ({
      cols: ['eyeAct', 'uAct', 'uPow', 'lAct', 'lPow'],
      values: (values) => faceOf(cols.flat(), values)
    })
  },
  pro: {
    toV1: () => ({ cols: ['Command', 'Number', 'Score', 'Status'], values: (values) => [...values] }),
    toV2: () => ({ cols: ['event', 'msg'], values: trainingOf })
  }
}

/** How a stream of Cortex 2 is in the older one. @param stream name in the older one */
export function toV1Stream(stream: string, cols: Columns): StreamForm {
  return PAIRS[stream]!.toV1(cols)
}

/** How a stream of the older Cortex is in Cortex 2. */
export function toV2Stream(stream: string, cols: Columns): StreamForm {
  return PAIRS[stream]?.toV2?.(cols) ?? same(cols)
}

function same(cols: Columns): StreamForm {
  return { cols, values: (values) => [...values] }
}

function picked(cols: readonly string[], places: readonly number[]): StreamForm {
  return { cols, values: (values) => places.map((place) => values[place]) }
}

/** Index of the first marker's label; null where there is none. */
function markOf(markers: unknown, labels: readonly string[]): number | null {
  const [first] = Array.isArray(markers) ? (markers as unknown[]) : []
  return isObject(first) && typeof first['label'] === 'string' ? labels.indexOf(first['label']) : null
}

function markersOf(mark: unknown, labels: readonly string[]): object[] {
  return typeof mark === 'number' ? [{ label: labels[mark] ?? `marker ${mark}`, value: mark }] : []
}

/** Eyes, upper and lower face, as Cortex 2 has them: the strongest of each. */
function faceOf(cols: readonly string[], values: readonly unknown[]): unknown[] {
  const strongest = (...columns: readonly string[]): readonly [string, number] => {
    const powers = columns.map((name) => Number(values[cols.indexOf(name)] ?? 0))
    const [power, place] = greatest(powers.map(Math.abs))
    if (power === 0) return ['neutral', 0]
    const { plus, minus = plus } = FACES[columns[place]!]!
    return [powers[place]! < 0 ? minus : plus, power]
  }
  const [eyes] = strongest('Blink', 'Wink_RL', 'look_RL', 'look_UD')
  return [eyes, ...strongest('Surprise', 'Frown'), ...strongest('Smile', 'Clench', 'Laugh', 'Smirk_RL')]
}

/** `[command, number, score, status]` as detection and event. */
function trainingOf(values: readonly unknown[]): unknown[] {
  const action = commandToV2(String(values[0]))
  const status = String(values.at(-1))
  const detection = isFacial(action) ? 'facialExpression' : 'mentalCommand'
  const event = capital(status === 'complete' ? 'completed' : status)
  return [detection, `${isFacial(action) ? 'FE' : 'MC'}_${event}`]
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

function mean(values: readonly number[]): number {
  return Number((values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(4))
}

function greatest(values: readonly unknown[]): readonly [value: number, place: number] {
  const numbers = values.map(Number)
  const value = Math.max(...numbers)
  return [value, numbers.indexOf(value)]
}
