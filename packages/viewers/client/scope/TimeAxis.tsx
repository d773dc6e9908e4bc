import { createMemo, For } from 'solid-js'
import { formatClock } from '../../src/display/format.ts'
import { ticks } from '../../src/display/steps.ts'
import type { ScopeModel } from './ScopeModel.ts'

/** Share of the width in which a text would be cut off. */
const EDGE = 0.01

interface Tick {
  /** 0 to 1 from the left. */
  readonly place: number
  readonly text: string
}

/** Seconds below the picture: since its left edge in a sweep, before now in a scroll, of the stream in the past. */
export function TimeAxis(props: { model: ScopeModel; width: number; onDrag: (event: PointerEvent) => void }) {
  const marks = createMemo((): Tick[] => {
    const { window, gridStep, mode, until } = props.model.look()
    const digits = Math.max(0, -Math.floor(Math.log10(gridStep) + 1e-9))
    if (until !== null) {
      const end = until / (props.model.signal()?.sampleRate ?? 1)
      return ticks(end - window, end, gridStep).map((time) => ({
        place: (time - (end - window)) / window,
        text: gridStep < 1 ? `${time.toFixed(digits)} s` : formatClock(time)
      }))
    }
    const [from, to] = mode === 'scan' ? [0, window] : [-window, 0]
    return ticks(from, to, gridStep).map((time) => ({ place: (time - from) / window, text: time.toFixed(digits) }))
  })
  const onPointerDown = (event: PointerEvent): void => {
    ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
  }
  return (
    <div class="axis" onPointerDown={onPointerDown} onPointerMove={(event) => props.onDrag(event)}>
      <For each={marks().filter(({ place }) => place > EDGE && place < 1 - EDGE)}>
        {({ place, text }) => <span style={{ left: `${place * props.width}px` }}>{text}</span>}
      </For>
    </div>
  )
}
