import { createEffect, createMemo, createSignal, For, onCleanup, onMount, Show } from 'solid-js'
import { formatValue } from '../../src/display/format.ts'
import { decodeBinary } from '../../src/protocol/binary.ts'
import type { ServerMessage, SignalInfo, ViewStatus } from '../../src/protocol/messages.ts'
import { DARK, LIGHT } from '../../src/raster/palette.ts'
import { Connection, socketUrl, type ConnectionState } from '../Connection.ts'
import { isDark } from '../theme.ts'
import { drawSpectra, type Spectra } from './drawSpectra.ts'

const ID = 1
/** Channels that are shown until others are chosen. */
const FIRST_CHANNELS = 4

/** What of the node's parameters the page takes up. */
interface Params {
  readonly isLogarithmic: boolean
  readonly lowest: number
  readonly highest: number | null
}

/** The power of some channels over frequency. */
export function Spectrum(props: { node: string }) {
  const [state, setState] = createSignal<ConnectionState>('connecting')
  const [signal, setSignal] = createSignal<SignalInfo | null>(null)
  const [status, setStatus] = createSignal<ViewStatus>()
  const [params, setParams] = createSignal<Params>({ isLogarithmic: true, lowest: 0, highest: null })
  const [channels, setChannels] = createSignal<readonly number[]>([])
  const [spectra, setSpectra] = createSignal<Spectra>()
  const [size, setSize] = createSignal({ width: 1, height: 1 })
  let place!: HTMLDivElement
  let canvas!: HTMLCanvasElement

  const connection = new Connection(socketUrl(location), {
    heard: (message) => heard(message),
    heardBytes: (bytes) => {
      const { seq, values, columns, samplesPerColumn, channels: count } = decodeBinary(bytes)
      connection.send({ type: 'ack', id: ID, seq })
      const rate = signal()?.sampleRate
      if (rate === undefined || count !== channels().length) return
      setSpectra({ power: values as Float32Array, bins: columns, channels: channels(), step: rate / samplesPerColumn })
    },
    changed: (now) => {
      setState(now)
      if (now === 'open') subscribe()
    }
  })
  const subscribe = (): void => {
    connection.send({
      type: 'subscribe',
      id: ID,
      node: props.node,
      channels: [...channels()],
      width: 1,
      window: 1,
      messageRate: 10
    })
  }
  const choose = (wanted: readonly number[]): void => {
    setChannels(wanted)
    setSpectra(undefined)
    subscribe()
  }
  const heard = (message: ServerMessage): void => {
    if (message.type === 'status') setStatus(message.status)
    if (message.type === 'params') setParams(message.params as unknown as Params)
    if (message.type !== 'subscribed') return
    setSignal(message.signal)
    setParams(message.params as unknown as Params)
    const count = message.signal?.channels.length ?? 0
    if (channels().length === 0 && count > 0)
      choose(Array.from({ length: Math.min(FIRST_CHANNELS, count) }, (_, k) => k))
  }

  onMount(() => {
    const observer = new ResizeObserver(() => {
      canvas.width = Math.round(place.clientWidth * devicePixelRatio)
      canvas.height = Math.round(place.clientHeight * devicePixelRatio)
      setSize({ width: canvas.width, height: canvas.height })
    })
    observer.observe(place)
    const onHidden = (): void => connection.send({ type: document.hidden ? 'hold' : 'resume', id: ID })
    document.addEventListener('visibilitychange', onHidden)
    onCleanup(() => {
      observer.disconnect()
      document.removeEventListener('visibilitychange', onHidden)
      connection.close()
    })
    createEffect(() => {
      size()
      const { isLogarithmic, lowest, highest } = params()
      drawSpectra(canvas.getContext('2d')!, spectra(), {
        isLogarithmic,
        lowest,
        highest: highest ?? (signal()?.sampleRate ?? 2) / 2,
        theme: isDark() ? DARK : LIGHT,
        text: isDark() ? '#93a0b0' : '#5a6675',
        ratio: devicePixelRatio
      })
    })
  })

  const peaks = createMemo(() => {
    const {
      power,
      bins,
      step,
      channels: shown
    } = spectra() ?? { power: new Float32Array(0), bins: 0, step: 0, channels: [] }
    const { lowest } = params()
    return shown.map((channel, k) => {
      let best = 1
      for (let bin = Math.max(1, Math.ceil(lowest / step)); bin < bins; bin++) {
        if (power[k * bins + bin]! > power[k * bins + best]!) best = bin
      }
      return { channel, text: formatValue(best * step, 'Hz') }
    })
  })
  const nameOf = (channel: number): string => signal()?.channels[channel]?.name ?? ''
  return (
    <>
      <div class="toolbar" role="toolbar" aria-label="Spectrum">
        <span class="numbers">{signal()?.stream}</span>
        <button
          type="button"
          aria-pressed={params().isLogarithmic}
          onClick={() => setParams({ ...params(), isLogarithmic: !params().isLogarithmic })}
        >
          Decades
        </button>
        <For each={peaks()}>
          {({ channel, text }) => (
            <span class="numbers" style={{ color: (isDark() ? DARK : LIGHT).traces[channel % 8] }}>
              {nameOf(channel)} peak {text}
            </span>
          )}
        </For>
      </div>
      <div class="scope">
        <div class="plot">
          <div class="canvas" ref={(element) => (place = element)}>
            <canvas
              ref={(element) => (canvas = element)}
              role="img"
              aria-label={`Power of ${channels().length} channels over frequency`}
            />
            <Show when={spectra() === undefined}>
              <div class="blank">before the first window</div>
            </Show>
          </div>
        </div>
        <aside class="channels" aria-label="Channels">
          <ul>
            <For each={signal()?.channels}>
              {({ name }, channel) => (
                <li>
                  <label>
                    <input
                      type="checkbox"
                      checked={channels().includes(channel())}
                      onChange={(event) =>
                        choose(
                          event.currentTarget.checked
                            ? [...channels(), channel()].toSorted((a, b) => a - b)
                            : channels().filter((one) => one !== channel())
                        )
                      }
                    />{' '}
                    {name}
                  </label>
                </li>
              )}
            </For>
          </ul>
        </aside>
      </div>
      <div class="status">
        <Show when={state() === 'open'} fallback={<span class="bad">✕ connection lost, trying again</span>}>
          <span class="ok">● live</span>
        </Show>
        <span>power in {signal()?.channels[0]?.unit || 'units'}²/Hz over Hz</span>
        <span>lost {status()?.lost ?? 0}</span>
      </div>
    </>
  )
}
