import type { Axis, ScaleMode, Trace } from '../../src/display/traces.ts'
import type { SignalInfo, ViewEvent, ViewStatus } from '../../src/protocol/messages.ts'
import type { ConnectionState } from '../Connection.ts'

/** Everything that decides what is drawn, beside the data. */
export interface Look {
  /** Channels from the top. */
  readonly channels: readonly number[]
  /** s. */
  readonly window: number
  readonly mode: 'scan' | 'scroll'
  /** Of each channel, in the same order. */
  readonly traces: readonly Trace[]
  readonly axis: Axis
  readonly isDark: boolean
  /** s between two upright lines. */
  readonly gridStep: number
  /** Index of the sample after the last that is shown; null shows what comes. */
  readonly until: number | null
}

/** What the page tells the worker. */
export type ToWorker =
  | { readonly type: 'start'; readonly canvas: OffscreenCanvas; readonly url: string; readonly node: string }
  /** Pixels of the device. */
  | { readonly type: 'size'; readonly width: number; readonly height: number; readonly ratio: number }
  | { readonly type: 'look'; readonly look: Look }
  | { readonly type: 'hold' }
  | { readonly type: 'resume' }
  | { readonly type: 'measure'; readonly mode: ScaleMode }
  | { readonly type: 'probe'; readonly x: number }
  | { readonly type: 'picture' }
  | { readonly type: 'save'; readonly params: Readonly<Record<string, unknown>> }

/** What the worker tells the page. */
export type FromWorker =
  | { readonly type: 'connection'; readonly state: ConnectionState }
  | { readonly type: 'signal'; readonly signal: SignalInfo | null; readonly params: Readonly<Record<string, unknown>> }
  | { readonly type: 'params'; readonly params: Readonly<Record<string, unknown>> }
  /** What auto scale found, for the channels that are shown; `isWhole`: over a whole window. */
  | { readonly type: 'measured'; readonly traces: readonly Trace[]; readonly axis: Axis }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'status'; readonly status: ViewStatus }
  | { readonly type: 'events'; readonly events: readonly ViewEvent[] }
  | { readonly type: 'gap'; readonly from: number; readonly to: number; readonly cause: string }
  | {
      readonly type: 'probed'
      readonly index: number
      readonly values: readonly (readonly [min: number, max: number] | null)[]
    }
  | { readonly type: 'picture'; readonly picture: Blob }
  | { readonly type: 'told'; readonly text: string; readonly isBad: boolean }

/** How it goes, ten times a second. */
export interface Progress {
  /** Index of the newest sample that is drawn, plus one; null before the first. */
  readonly drawn: number | null
  /** Samples per pixel. */
  readonly samplesPerColumn: number
  readonly framesPerSecond: number
  readonly bytesPerSecond: number
  /** Columns are coarser than the screen, because the browser is slow. */
  readonly isReduced: boolean
}
