import { autoScale, lanesOf, statisticsOf, type ScaleMode } from '../../src/display/traces.ts'
import { decodeBinary, FLAGS, type BinaryMessage } from '../../src/protocol/binary.ts'
import type { OutgoingMessage, ServerMessage, SignalInfo, ViewEvent } from '../../src/protocol/messages.ts'
import { ColumnRing } from '../../src/raster/ColumnRing.ts'
import { DARK, LIGHT, paletteOf } from '../../src/raster/palette.ts'
import type { Scene } from '../../src/raster/rasterize.ts'
import { join, NO_SPAN, type Span } from '../../src/raster/Span.ts'
import { Connection } from '../Connection.ts'
import type { FromWorker, Look, ToWorker } from './messages.ts'
import { Meter } from './Meter.ts'
import { Picture } from './Picture.ts'

const ID = 1
const PALETTES = { dark: paletteOf(DARK), light: paletteOf(LIGHT) }
/** ms between two reports to the page. */
const PROGRESS_INTERVAL = 100
/** Events and gaps that are kept to be drawn again. */
const MAX_NOTES = 5000

/**
 * What lies behind the canvas: the websocket, the columns and the drawing. It runs in a worker, so that samples never
 * reach the thread of the page.
 */
export class Engine {
  readonly #tell: (message: FromWorker, transfer?: Transferable[]) => void
  readonly #node: string
  readonly #connection: Connection
  readonly #picture: Picture
  readonly #meter = new Meter()
  #ratio = 1
  #look: Look | undefined
  #signal: SignalInfo | null = null
  #scale: readonly number[] = []
  #offset: readonly number[] = []
  /** What comes, and what was asked for of the past. */
  #ring: ColumnRing | undefined
  #head = 0
  /** Index of the newest sample that came, plus one. */
  #newest = 0
  #until: number | null = null
  #changed: Span | undefined = NO_SPAN
  /** What the subscription is for; another one needs another subscription. */
  #subscribed = ''
  #request = 0
  /** The page of history that is waited for or shown. */
  #historyRequest = 0
  #isHeld = false
  #isWaitingForFrame = false
  #isReduced = false
  #events: ViewEvent[] = []
  #gaps: Span[] = []
  #measureWith: ScaleMode | undefined

  constructor(
    { canvas, url, node }: Extract<ToWorker, { type: 'start' }>,
    tell: (message: FromWorker, transfer?: Transferable[]) => void
  ) {
    this.#tell = tell
    this.#node = node
    this.#picture = new Picture(canvas)
    this.#connection = new Connection(url, {
      heard: (message) => this.#heard(message),
      heardBytes: (bytes) => this.#heardBytes(bytes),
      changed: (state) => {
        this.#tell({ type: 'connection', state })
        if (state !== 'open') return
        this.#subscribed = ''
        this.#subscribe()
      }
    })
    setInterval(() => this.#report(), PROGRESS_INTERVAL)
  }

  obey(message: Exclude<ToWorker, { type: 'start' }>): void {
    switch (message.type) {
      case 'size':
        this.#ratio = message.ratio
        this.#picture.resize(Math.max(1, message.width), Math.max(1, message.height))
        return this.#subscribe()
      case 'look':
        this.#look = message.look
        return this.#subscribe()
      case 'hold':
        this.#isHeld = true
        return this.#connection.send({ type: 'hold', id: ID })
      case 'resume':
        this.#isHeld = false
        if (this.#look?.until == null) this.#connection.send({ type: 'resume', id: ID })
        return this.#redraw()
      case 'measure':
        this.#measureWith = message.mode
        return this.#measure()
      case 'probe':
        return this.#probe(message.x)
      case 'picture':
        return void this.#picture.toPng().then((picture) => this.#tell({ type: 'picture', picture }))
      case 'save':
        return this.#connection.send({
          type: 'setParams',
          request: ++this.#request,
          node: this.#node,
          params: message.params
        })
    }
  }

  #heard(message: ServerMessage): void {
    switch (message.type) {
      case 'subscribed':
        this.#scale = message.scale
        this.#offset = message.offset
        this.#signal = message.signal
        this.#events = []
        this.#gaps = []
        this.#tell({ type: 'signal', signal: message.signal, params: message.params })
        // Only now the rate is known, on which pixels depend.
        return this.#subscribe()
      case 'params':
        return this.#tell({ type: 'params', params: message.params })
      case 'gap':
        this.#gaps = [...this.#gaps.slice(-MAX_NOTES), message]
        this.#change(this.#ring?.lose(message))
        return this.#tell({ type: 'gap', from: message.from, to: message.to, cause: message.cause })
      case 'events':
        this.#events = [...this.#events.slice(-MAX_NOTES), ...message.events]
        for (const { index } of message.events) this.#change(this.#ring?.mark(index, 1))
        return this.#tell({ type: 'events', events: message.events })
      case 'status':
        return this.#tell({ type: 'status', status: message.status })
      case 'ok':
        return this.#tell({ type: 'told', text: 'Saved for everybody', isBad: false })
      case 'error':
        return this.#tell({ type: 'told', text: message.message, isBad: true })
      case 'hello':
        return undefined
    }
  }

  #heardBytes(bytes: ArrayBuffer): void {
    const message = decodeBinary(bytes)
    this.#meter.add(bytes.byteLength)
    const isHistory = (message.flags & FLAGS.history) !== 0
    const isWanted = isHistory ? message.request === this.#historyRequest : this.#look?.until == null
    if (isWanted) this.#take(message, isHistory)
    this.#connection.send({ type: 'ack', id: ID, seq: message.seq })
  }

  #take(message: BinaryMessage, isHistory: boolean): void {
    const ring = this.#ring
    const look = this.#look
    // Columns of an earlier choice of channels may still be on their way.
    if (ring === undefined || look === undefined || message.channels !== ring.channels) return
    this.#isReduced = (message.flags & FLAGS.reduced) !== 0
    const isAfresh = isHistory || (message.flags & FLAGS.resync) !== 0
    if (isAfresh) ring.clear()
    const { first, samplesPerColumn, columns, values } = message
    const changed =
      message.type === 'raw'
        ? ring.writeSamples({ first, count: columns, values })
        : ring.write({
            first,
            width: samplesPerColumn,
            count: columns,
            values,
            scale: message.scale ?? this.#scale,
            offset: message.offset ?? this.#offset
          })
    const end = first + columns * samplesPerColumn
    const until = isHistory ? look.until! : Math.max(end, isAfresh ? 0 : this.#newest)
    this.#newest = Math.max(until, end)
    this.#head = isHistory ? ring.columnOf(look.until! - 1) + 1 : ring.columnOf(this.#newest - 1) + 1
    if (isAfresh) this.#noteAgain(ring)
    this.#change(isAfresh ? undefined : changed)
    if (this.#measureWith !== undefined) this.#measure()
  }

  /** Marks and losses of what is shown again. */
  #noteAgain(ring: ColumnRing): void {
    const from = (this.#head - ring.columns) * ring.samplesPerColumn
    const to = this.#head * ring.samplesPerColumn
    for (const gap of this.#gaps)
      if (gap.to > from && gap.from < to) ring.lose({ from: Math.max(gap.from, from), to: Math.min(gap.to, to) })
    for (const { index } of this.#events) if (index >= from && index < to) ring.mark(index, 1)
  }

  /** Asks for what the look needs, if that is something else than before; else draws anew. */
  #subscribe(): void {
    const look = this.#look
    const { width } = this.#picture
    const channels = look?.channels ?? []
    const rate = this.#signal?.sampleRate
    const wanted = JSON.stringify([width, channels, look?.window, rate])
    const isOther = wanted !== this.#subscribed
    if (isOther) {
      this.#subscribed = wanted
      const window = look?.window ?? 1
      this.#send({ type: 'subscribe', id: ID, node: this.#node, channels: [...channels], width, window })
      if (this.#isHeld || look?.until != null) this.#send({ type: 'hold', id: ID })
      if (rate !== undefined) {
        const samplesPerColumn = (window * rate) / width
        this.#ring = new ColumnRing({ channels: channels.length, columns: width, samplesPerColumn })
      }
    }
    const until = look?.until ?? null
    if (until !== null && rate !== undefined && (isOther || until !== this.#until)) {
      const window = (look?.window ?? 1) * rate
      this.#send({ type: 'hold', id: ID })
      const from = until - window
      this.#historyRequest = ++this.#request
      this.#send({ type: 'history', id: ID, request: this.#historyRequest, from, to: until, width })
    }
    if (until === null && this.#until !== null && !this.#isHeld) this.#send({ type: 'resume', id: ID })
    this.#until = until
    this.#redraw()
  }

  #send(message: OutgoingMessage): void {
    this.#connection.send(message)
  }

  #scene(look: Look): Scene {
    const { height } = this.#picture
    const ring = this.#ring!
    const isMoving = look.mode === 'scroll' && look.until === null
    return {
      height,
      lanes: lanesOf(look.traces, look.axis, { height, colours: look.channels }),
      palette: look.isDark ? PALETTES.dark : PALETTES.light,
      thickness: this.#ratio,
      // Lines that move along would tell a time that the axis below does not have.
      gridStep: isMoving ? 0 : (look.gridStep * (this.#signal?.sampleRate ?? 1)) / ring.samplesPerColumn
    }
  }

  #redraw(): void {
    this.#change(undefined)
  }

  /** Something is to be drawn: a span of columns, or everything. */
  #change(span: Span | undefined): void {
    this.#changed = span === undefined || this.#changed === undefined ? undefined : join(this.#changed, span)
    if (this.#isWaitingForFrame) return
    this.#isWaitingForFrame = true
    requestAnimationFrame(() => this.#draw())
  }

  #draw(): void {
    this.#isWaitingForFrame = false
    const look = this.#look
    const ring = this.#ring
    if (look === undefined || ring === undefined || look.traces.length !== ring.channels) return
    const isSweep = look.mode === 'scan' && look.until === null
    this.#picture.draw(ring, this.#scene(look), { head: this.#head, changed: this.#changed, isSweep })
    this.#changed = NO_SPAN
    this.#meter.addFrame()
  }

  #measure(): void {
    const ring = this.#ring
    const mode = this.#measureWith
    if (ring === undefined || mode === undefined || this.#newest === 0) return
    this.#measureWith = undefined
    const values = new Float64Array(2 * ring.columns)
    const statistics = Array.from({ length: ring.channels }, (_, c) => {
      values.fill(Number.NaN)
      for (let k = 0; k < ring.columns; k++) {
        const column = this.#head - ring.columns + k
        if (!ring.has(column) || ring.min(c, column) > ring.max(c, column)) continue
        values[2 * k] = ring.min(c, column)
        values[2 * k + 1] = ring.max(c, column)
      }
      return statisticsOf(values)
    })
    this.#tell({ type: 'measured', ...autoScale(mode, statistics) })
  }

  #probe(x: number): void {
    const ring = this.#ring
    const look = this.#look
    if (ring === undefined || look === undefined) return
    const isSweep = look.mode === 'scan' && look.until === null
    const left = this.#head - ring.columns
    // In a sweep the slot is where it is drawn; the newest column of that slot is the one to be seen.
    const column = isSweep ? left + ring.slotOf(Math.floor(x) - left) : left + Math.floor(x)
    const values = Array.from({ length: ring.channels }, (_, c) => {
      const isThere = ring.has(column) && ring.min(c, column) <= ring.max(c, column)
      return isThere ? ([ring.min(c, column), ring.max(c, column)] as const) : null
    })
    this.#tell({ type: 'probed', index: column * ring.samplesPerColumn, values })
  }

  #report(): void {
    const { framesPerSecond, bytesPerSecond } = this.#meter.read()
    const drawn = this.#newest === 0 ? null : (this.#look?.until ?? this.#newest)
    const samplesPerColumn = this.#ring?.samplesPerColumn ?? 0
    const progress = { drawn, samplesPerColumn, framesPerSecond, bytesPerSecond, isReduced: this.#isReduced }
    this.#tell({ type: 'progress', progress })
  }
}
