import { createMemo, Show } from 'solid-js'
import { formatValue } from '../../src/display/format.ts'
import { stepFor } from '../../src/display/steps.ts'
import type { ScopeModel } from './ScopeModel.ts'

/** Pixels that the bar is high at most. */
const HIGHEST = 80

/** A bar that tells how high a value is drawn, where that is the same for all channels. */
export function ScaleBar(props: { model: ScopeModel; height: number }) {
  const bar = createMemo(() => {
    const { traces, axis } = props.model.look()
    const gain = Math.abs(traces[0]?.gain ?? 0)
    const isSame = traces.every((trace) => Math.abs(Math.abs(trace.gain) - gain) < 1e-9 * gain)
    const rows = (gain * props.height) / (axis.yMax - axis.yMin)
    if (!isSame || !(rows > 0) || !Number.isFinite(rows)) return undefined
    const value = stepFor(HIGHEST / 2 / rows, 1)
    const unit = props.model.signal()?.channels[props.model.visible()[0] ?? 0]?.unit ?? ''
    return { height: value * rows, text: formatValue(value, unit) }
  })
  return (
    <Show when={bar()}>
      {(shown) => (
        <div class="bar" style={{ height: `${shown().height}px`, top: '8px' }}>
          <span>{shown().text}</span>
        </div>
      )}
    </Show>
  )
}
