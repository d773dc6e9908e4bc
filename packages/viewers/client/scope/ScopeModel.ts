import { createMemo, createSignal, type Accessor } from 'solid-js'
import { createStore, reconcile } from 'solid-js/store'
import { nextStep, stepFor } from '../../src/display/steps.ts'
import { laneAxis, positionOf, type Axis, type ScaleMode, type Trace } from '../../src/display/traces.ts'
import type { SignalInfo, ViewEvent, ViewStatus } from '../../src/protocol/messages.ts'
import type { ConnectionState } from '../Connection.ts'
import { isDark } from '../theme.ts'
import type { FromWorker, Look, Progress, ToWorker } from './messages.ts'

/** What of the node's parameters a page takes up. */
interface Params {
  readonly window: number
  readonly mode: 'scan' | 'scroll'
  readonly scaleMode: ScaleMode
  readonly isAutoScaled: boolean
  readonly yMin: number
  readonly yMax: number
  readonly displayLabels: boolean
  readonly showBottomAxis: boolean
  readonly channels: Readonly<Record<string, { gain?: number; offset?: number; visible?: boolean }>>
}

interface Gap {
  readonly from: number
  readonly to: number
  readonly cause: string
}

/** ms from the first sample to the first auto scale: enough of a signal to be scaled by. */
const FIRST_MEASURE = 700
const SHORTEST_WINDOW = 0.001
const LONGEST_WINDOW = 3600
const MAX_NOTES = 500
/** Lines over the width of the picture. */
const GRID_LINES = 10

/** The state of an oscilloscope page and everything that can be done with it. */
export class ScopeModel {
  readonly #post: (message: ToWorker) => void
  readonly connection: Accessor<ConnectionState>
  readonly signal: Accessor<SignalInfo | null>
  readonly progress: Accessor<Progress>
  readonly status: Accessor<ViewStatus | undefined>
  readonly probed: Accessor<Extract<FromWorker, { type: 'probed' }> | undefined>
  readonly told: Accessor<{ text: string; isBad: boolean } | undefined>
  readonly look: Accessor<Look>
  readonly window: Accessor<number>
  readonly mode: Accessor<'scan' | 'scroll'>
  readonly scaleMode: Accessor<ScaleMode>
  /** Index after the last sample that is shown; null while what comes is shown. */
  readonly until: Accessor<number | null>
  /** Channels from the top, those hidden too. */
  readonly order: Accessor<readonly number[]>
  readonly visible: Accessor<readonly number[]>
  readonly selected: Accessor<number | null>
  readonly events: Accessor<readonly ViewEvent[]>
  readonly gaps: Accessor<readonly Gap[]>
  readonly displayLabels: Accessor<boolean>
  readonly #set
  /** By channel: `gain · value + offset`, from the middle of its lane. */
  readonly #traces
  readonly #hidden
  #params: Params | undefined
  #measureTimer: ReturnType<typeof setTimeout> | undefined
  #hasMeasured = false
  #onlyBefore: readonly number[] | undefined

  constructor(post: (message: ToWorker) => void) {
    this.#post = post
    const [connection, setConnection] = createSignal<ConnectionState>('connecting')
    const [signal, setSignal] = createSignal<SignalInfo | null>(null, {
      equals: (a, b) => JSON.stringify(a) === JSON.stringify(b)
    })
    const [progress, setProgress] = createSignal<Progress>({
      drawn: null,
      samplesPerColumn: 0,
      framesPerSecond: 0,
      bytesPerSecond: 0,
      isReduced: false
    })
    const [status, setStatus] = createSignal<ViewStatus>()
    const [probed, setProbed] = createSignal<Extract<FromWorker, { type: 'probed' }>>()
    const [told, setTold] = createSignal<{ text: string; isBad: boolean }>()
    const [window, setWindow] = createSignal(5)
    const [mode, setMode] = createSignal<'scan' | 'scroll'>('scan')
    const [scaleMode, setScaleMode] = createSignal<ScaleMode>('same_for_all')
    const [axis, setAxis] = createSignal<Axis | undefined>()
    const [until, setUntil] = createSignal<number | null>(null)
    const [order, setOrder] = createSignal<readonly number[]>([])
    const [selected, setSelected] = createSignal<number | null>(null)
    const [events, setEvents] = createSignal<readonly ViewEvent[]>([])
    const [gaps, setGaps] = createSignal<readonly Gap[]>([])
    const [displayLabels, setDisplayLabels] = createSignal(true)
    const [hidden, setHidden] = createStore<Record<number, boolean>>({})
    const [traces, setTraces] = createStore<Record<number, Trace>>({})
    this.#traces = traces
    this.#hidden = hidden
    this.connection = connection
    this.signal = signal
    this.progress = progress
    this.status = status
    this.probed = probed
    this.told = told
    this.window = window
    this.mode = mode
    this.scaleMode = scaleMode
    this.until = until
    this.order = order
    this.selected = selected
    this.events = events
    this.gaps = gaps
    this.displayLabels = displayLabels
    this.visible = createMemo(() => order().filter((channel) => hidden[channel] !== true))
    this.look = createMemo(() => {
      const channels = this.visible()
      const own = axis()
      return {
        channels,
        window: window(),
        mode: mode(),
        traces: channels.map((channel, k) => {
          const { gain, offset } = traces[channel] ?? { gain: 1, offset: 0 }
          return { gain, offset: own === undefined ? offset + positionOf(k, channels.length) : offset }
        }),
        axis: own ?? laneAxis(channels.length),
        isDark: isDark(),
        gridStep: stepFor(window(), GRID_LINES),
        until: until()
      }
    })
    this.#set = {
      setConnection,
      setSignal,
      setProgress,
      setStatus,
      setProbed,
      setTold,
      setWindow,
      setMode,
      setScaleMode,
      setAxis,
      setUntil,
      setOrder,
      setSelected,
      setEvents,
      setGaps,
      setDisplayLabels,
      setHidden,
      setTraces,
      axis
    }
  }

  heard(message: FromWorker): void {
    const set = this.#set
    switch (message.type) {
      case 'connection':
        return void set.setConnection(message.state)
      case 'signal':
        return this.#begin(message.signal, message.params as unknown as Params)
      case 'params':
        return this.#follow(message.params as unknown as Params)
      case 'measured':
        return this.#scaled(message.traces, message.axis)
      case 'progress':
        if (message.progress.drawn !== null) this.#measureSoon()
        return void set.setProgress(message.progress)
      case 'status':
        return void set.setStatus(message.status)
      case 'events':
        return void set.setEvents([...this.events(), ...message.events].slice(-MAX_NOTES))
      case 'gap':
        return void set.setGaps([...this.gaps(), message].slice(-MAX_NOTES))
      case 'probed':
        return void set.setProbed(message)
      case 'told':
        return this.#showTold(message)
      case 'picture':
        return undefined
    }
  }

  isVisible(channel: number): boolean {
    return this.#hidden[channel] !== true
  }

  setVisible(channels: readonly number[], isVisible: boolean): void {
    this.#set.setHidden(Object.fromEntries(channels.map((channel) => [channel, !isVisible])))
  }

  select(channel: number | null): void {
    this.#set.setSelected(channel)
  }

  /** The selected channel before or after. */
  selectNext(direction: 1 | -1): void {
    const channels = this.visible()
    const at = channels.indexOf(this.selected() ?? -1)
    const next = channels[Math.max(0, Math.min(channels.length - 1, at + direction))]
    this.select(next ?? null)
  }

  /** Only this channel, or, when only one is shown, all that were before. */
  toggleOnly(channel: number | null): void {
    if (this.#onlyBefore !== undefined) {
      this.setVisible(this.#onlyBefore, true)
      this.#onlyBefore = undefined
    } else if (channel !== null) {
      this.#onlyBefore = this.visible()
      this.setVisible(this.order(), false)
      this.setVisible([channel], true)
    }
  }

  /** Moves a channel up or down in the order. */
  move(channel: number, direction: 1 | -1): void {
    const order = [...this.order()]
    const at = order.indexOf(channel)
    const to = at + direction
    if (to < 0 || to >= order.length) return
    order.splice(at, 1)
    order.splice(to, 0, channel)
    this.#set.setOrder(order)
  }

  setMode(mode: 'scan' | 'scroll'): void {
    this.#set.setMode(mode)
  }

  setScaleMode(mode: ScaleMode): void {
    this.#set.setScaleMode(mode)
    this.autoScale()
  }

  setWindow(seconds: number): void {
    const rate = this.signal()?.sampleRate ?? 1
    // A picture of less than two samples shows nothing.
    const shortest = Math.max(SHORTEST_WINDOW, 2 / rate)
    this.#set.setWindow(Math.min(LONGEST_WINDOW, Math.max(shortest, seconds)))
  }

  stepWindow(direction: 1 | -1): void {
    this.setWindow(nextStep(this.window(), direction))
  }

  autoScale(): void {
    this.#hasMeasured = true
    this.#post({ type: 'measure', mode: this.scaleMode() })
  }

  /** Units from one lane to the next; undefined where that is not one number. */
  unitsPerLane(): number | undefined {
    const gains = this.visible().map((channel) => this.#traces[channel]?.gain ?? 1)
    const first = gains[0]
    return first !== undefined && gains.every((gain) => Math.abs(gain - first) < 1e-9 * first) ? 1 / first : undefined
  }

  /** Higher (1) or lower (-1) traces: one channel, or all. Steps of 1-2-5, or of ten. */
  stepGain(direction: 1 | -1, { channel, isCoarse = false }: { channel?: number; isCoarse?: boolean } = {}): void {
    const axis = this.#set.axis()
    const step = (value: number): number =>
      isCoarse ? value * 10 ** -direction : nextStep(value, direction === 1 ? -1 : 1)
    if (axis !== undefined && channel === undefined) {
      const middle = (axis.yMin + axis.yMax) / 2
      const half = step((axis.yMax - axis.yMin) / 2)
      this.#set.setAxis({ yMin: middle - half, yMax: middle + half })
      return
    }
    for (const one of channel === undefined ? this.visible() : [channel]) {
      const { gain, offset } = this.#traces[one] ?? { gain: 1, offset: 0 }
      const to = Math.sign(gain) / step(1 / Math.abs(gain))
      // What lies in the middle of the lane stays there.
      this.#set.setTraces(one, { gain: to, offset: (offset / gain) * to })
    }
  }

  invert(channel: number): void {
    const { gain, offset } = this.#traces[channel] ?? { gain: 1, offset: 0 }
    this.#set.setTraces(channel, { gain: -gain, offset: -offset })
  }

  togglePause(): void {
    const drawn = this.progress().drawn
    if (this.until() !== null) this.goLive()
    else if (drawn !== null) this.#set.setUntil(drawn)
  }

  goLive(): void {
    this.#set.setUntil(null)
  }

  /** Back or forth by parts of the window; pauses. */
  goBack(windows: number): void {
    const rate = this.signal()?.sampleRate
    const at = this.until() ?? this.progress().drawn
    if (rate === undefined || at === null) return
    const newest = this.status()?.newest ?? at
    this.#set.setUntil(Math.round(Math.max(1, Math.min(newest, at - windows * this.window() * rate))))
  }

  /** Makes this look the node's own, for everybody. */
  save(): void {
    const { window, mode, axis } = this.look()
    const visible = new Set(this.visible())
    const positions = new Map(this.visible().map((channel, k) => [channel, this.look().traces[k]!]))
    const channels = Object.fromEntries(
      this.order().map((channel) => {
        const { gain, offset } = positions.get(channel) ?? { gain: 1, offset: 0 }
        return [`ch${channel}`, { gain, offset, visible: visible.has(channel) }]
      })
    )
    const params = { window, mode, scaleMode: this.scaleMode(), ...axis, isAutoScaled: false, channels }
    this.#post({ type: 'save', params })
  }

  #begin(signal: SignalInfo | null, params: Params): void {
    this.#set.setEvents([])
    this.#set.setGaps([])
    const isSame = JSON.stringify(signal) === JSON.stringify(this.signal())
    this.#set.setSignal(signal)
    if (isSame || signal === null) return
    this.#set.setOrder(signal.channels.map((_, channel) => channel))
    this.#set.setTraces(reconcile({}))
    this.#hasMeasured = false
    this.#follow(params)
  }

  /** The parameters of the node have changed, by a script or somebody else. */
  #follow(params: Params): void {
    const set = this.#set
    const before = this.#params
    this.#params = params
    if (before?.window !== params.window) this.setWindow(params.window)
    set.setMode(params.mode)
    set.setScaleMode(params.scaleMode)
    set.setDisplayLabels(params.displayLabels)
    for (const channel of this.order()) {
      const own = params.channels[`ch${channel}`]
      if (own?.visible !== undefined) this.setVisible([channel], own.visible)
    }
    if (params.isAutoScaled) return
    set.setAxis({ yMin: params.yMin, yMax: params.yMax })
    this.#hasMeasured = true
    for (const channel of this.order()) {
      const { gain = 1, offset = 0 } = params.channels[`ch${channel}`] ?? {}
      set.setTraces(channel, { gain, offset })
    }
  }

  #measureSoon(): void {
    if (this.#hasMeasured || this.#measureTimer !== undefined) return
    this.#measureTimer = setTimeout(() => {
      this.#measureTimer = undefined
      if (!this.#hasMeasured) this.autoScale()
    }, FIRST_MEASURE)
  }

  #scaled(traces: readonly Trace[], axis: Axis): void {
    const channels = this.visible()
    // The choice of channels has changed meanwhile.
    if (traces.length !== channels.length) return
    const isLanes = this.scaleMode() !== 'real_scale'
    this.#set.setAxis(isLanes ? undefined : axis)
    channels.forEach((channel, k) => {
      const { gain, offset } = traces[k]!
      this.#set.setTraces(channel, { gain, offset: isLanes ? offset - positionOf(k, channels.length) : offset })
    })
  }

  #showTold(told: { text: string; isBad: boolean }): void {
    this.#set.setTold(told)
    setTimeout(() => this.told() === told && this.#set.setTold(undefined), 4000)
  }
}
