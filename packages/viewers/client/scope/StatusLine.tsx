import { createSignal, onCleanup, Show } from 'solid-js'
import { formatClock, formatValue } from '../../src/display/format.ts'
import type { ScopeModel } from './ScopeModel.ts'

/** How it goes, in one line. */
export function StatusLine(props: { model: ScopeModel }) {
  const { model } = props
  // Readers hear it once a second.
  const [spoken, setSpoken] = createSignal('')
  const state = (): { text: string; kind: string } => {
    if (model.connection() !== 'open') return { text: '✕ connection lost, trying again', kind: 'bad' }
    if (model.until() !== null) return { text: '❚❚ paused', kind: 'warn' }
    const node = model.status()?.state
    if (node === undefined || node === 'running') return { text: '● live', kind: 'ok' }
    return { text: `! ${node === 'failed' ? 'failed' : 'not running'}`, kind: 'warn' }
  }
  const timer = setInterval(() => setSpoken(`${state().text}, lost ${model.status()?.lost ?? 0} samples`), 1000)
  onCleanup(() => clearInterval(timer))
  const resolution = (): string => {
    const samples = model.progress().samplesPerColumn
    if (samples === 0) return ''
    if (samples < 1) return `1 sample = ${Number((1 / samples).toPrecision(2))} pixels`
    return `1 pixel = ${Number(samples.toPrecision(3))} samples (lowest–highest)`
  }
  const cursor = (): string => {
    const probed = model.probed()
    const signal = model.signal()
    if (probed === undefined || signal === null) return ''
    const channels = model.visible()
    const k = Math.max(0, channels.indexOf(model.selected() ?? channels[0] ?? 0))
    const value = probed.values[k]
    const info = signal.channels[channels[k] ?? 0]
    const time = `${(probed.index / signal.sampleRate).toFixed(3)} s`
    if (value == null || info === undefined) return time
    const [low, high] = value.map((one) => formatValue(one, info.unit))
    return `${time}  ${info.name} ${low === high ? low : `${low} to ${high}`}`
  }
  return (
    <div class="status">
      <span class={state().kind}>{state().text}</span>
      <Show when={model.status()}>
        {(status) => (
          <>
            <span>{formatClock(status().newest / (model.signal()?.sampleRate ?? 1))}</span>
            <Show when={status().latency !== null}>
              <span>delay {Math.round(status().latency!)} ms</span>
            </Show>
            <span classList={{ bad: status().lost > 0 }}>lost {status().lost}</span>
            <span>skipped {status().skipped}</span>
          </>
        )}
      </Show>
      <span>{resolution()}</span>
      <Show when={model.progress().isReduced}>
        <span class="warn">! reduced</span>
      </Show>
      <span>{cursor()}</span>
      <span style={{ 'margin-left': 'auto' }}>
        {formatValue(model.progress().bytesPerSecond, 'B')}/s · {Math.round(model.progress().framesPerSecond)} fps
      </span>
      <Show when={model.told()}>{(told) => <span class={told().isBad ? 'bad' : 'ok'}>{told().text}</span>}</Show>
      <span role="status" style={{ position: 'absolute', left: '-9999px' }}>
        {spoken()}
      </span>
    </div>
  )
}
