import { createMemo, For } from 'solid-js'
import { DARK, LIGHT } from '../../src/raster/palette.ts'
import { isDark } from '../theme.ts'
import type { ScopeModel } from './ScopeModel.ts'

/** Pixels of the lowest lane with a label of its own. */
const LEAST = 14

/** Names of the channels beside their lanes. */
export function Labels(props: { model: ScopeModel; height: number }) {
  const shown = createMemo(() => {
    const channels = props.model.visible()
    const lane = props.height / Math.max(1, channels.length)
    const every = Math.max(1, Math.ceil(LEAST / Math.max(1, lane)))
    return channels.flatMap((channel, k) => (k % every === 0 ? [{ channel, top: (k + 0.5) * lane - 8 }] : []))
  })
  const colourOf = (channel: number): string => {
    const { traces } = isDark() ? DARK : LIGHT
    return traces[channel % traces.length]!
  }
  const onWheel = (event: WheelEvent, channel: number): void => {
    event.preventDefault()
    props.model.stepGain(event.deltaY < 0 ? 1 : -1, { channel, isCoarse: event.ctrlKey })
  }
  return (
    <div class="labels">
      <For each={shown()}>
        {({ channel, top }) => (
          <button
            type="button"
            class="label"
            style={{ top: `${top}px`, '--colour': colourOf(channel) }}
            aria-pressed={props.model.selected() === channel}
            title={props.model.signal()?.channels[channel]?.name}
            onClick={() => props.model.select(channel)}
            onDblClick={() => props.model.toggleOnly(channel)}
            onWheel={(event) => onWheel(event, channel)}
          >
            {props.model.signal()?.channels[channel]?.name}
          </button>
        )}
      </For>
    </div>
  )
}
