export type Detection = 'mentalCommand' | 'facialExpression'

export const DETECTIONS: readonly Detection[] = ['mentalCommand', 'facialExpression']

/** What a profile holds. */
export interface BciSettings {
  /** How often each action was trained. */
  readonly trained: Record<Detection, Record<string, number>>
  activeActions: string[]
  /** 1–7 */
  level: number
  /** 1–10 for each active action */
  sensitivity: number[]
  signature: 'universal' | 'trained'
  /** 0–1000 by action */
  readonly thresholds: Record<string, number>
  lastScore: number
}

export function newSettings(): BciSettings {
  return {
    trained: { mentalCommand: {}, facialExpression: {} },
    activeActions: ['neutral', 'push'],
    level: 3,
    sensitivity: [5, 5, 5, 5],
    signature: 'universal',
    thresholds: {},
    lastScore: 0
  }
}

const CONTROLS = ['start', 'accept', 'reject', 'erase', 'reset']
const EVENTS = ['Started', 'Succeeded', 'Failed', 'Completed', 'Rejected', 'DataErased', 'Reset']

export const DETECTION_INFO = {
  mentalCommand: {
    actions: [
      'neutral',
      'push',
      'pull',
      'lift',
      'drop',
      'left',
      'right',
      'rotateLeft',
      'rotateRight',
      'rotateClockwise',
      'rotateCounterClockwise',
      'rotateForwards',
      'rotateReverse',
      'disappear'
    ],
    controls: CONTROLS,
    events: [...EVENTS.map((event) => `MC_${event}`), 'MC_AutoSamplingNeutralCompleted', 'MC_SignatureUpdated']
  },
  facialExpression: {
    actions: [
      'neutral',
      'blink',
      'winkL',
      'winkR',
      'horiEye',
      'surprise',
      'frown',
      'smile',
      'clench',
      'laugh',
      'smirkLeft',
      'smirkRight'
    ],
    controls: CONTROLS,
    events: EVENTS.map((event) => `FE_${event}`)
  }
} as const satisfies Record<Detection, object>
