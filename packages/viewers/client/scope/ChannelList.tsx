import { createMemo, createSignal, For } from 'solid-js'
import type { ScopeModel } from './ScopeModel.ts'

/** Which channels are shown, and in what order. */
export function ChannelList(props: { model: ScopeModel }) {
  const { model } = props
  const [filter, setFilter] = createSignal('')
  const nameOf = (channel: number): string => model.signal()?.channels[channel]?.name ?? ''
  const found = createMemo(() =>
    model.order().filter((channel) => nameOf(channel).toLowerCase().includes(filter().toLowerCase()))
  )
  return (
    <aside class="channels" aria-label="Channels">
      <input
        type="text"
        placeholder="Filter"
        aria-label="Filter channels"
        value={filter()}
        onInput={(event) => setFilter(event.currentTarget.value)}
      />
      <span class="group">
        <button type="button" onClick={() => model.setVisible(found(), true)}>
          Show
        </button>
        <button type="button" onClick={() => model.setVisible(found(), false)}>
          Hide
        </button>
      </span>
      <ul>
        <For each={found()}>
          {(channel) => (
            <li>
              <label>
                <input
                  type="checkbox"
                  checked={model.isVisible(channel)}
                  onChange={(event) => model.setVisible([channel], event.currentTarget.checked)}
                />{' '}
                {nameOf(channel)}
              </label>
              <button type="button" aria-label={`${nameOf(channel)} up`} onClick={() => model.move(channel, -1)}>
                ↑
              </button>
              <button type="button" aria-label={`${nameOf(channel)} down`} onClick={() => model.move(channel, 1)}>
                ↓
              </button>
            </li>
          )}
        </For>
      </ul>
    </aside>
  )
}
