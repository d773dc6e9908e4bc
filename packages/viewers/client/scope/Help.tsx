import { For } from 'solid-js'
import { KEYS } from './keys.ts'

const NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓'
}

/** The list of keys and gestures. */
export function Help(props: { close: () => void }) {
  return (
    <div class="help" role="dialog" aria-label="Keys">
      <dl>
        <For each={KEYS}>
          {({ keys, does }) => (
            <>
              <dt>{keys.map((key) => NAMES[key] ?? key).join(' ')}</dt>
              <dd>{does}</dd>
            </>
          )}
        </For>
        <dt>wheel</dt>
        <dd>height of the traces; over a label of that channel; with Shift the window, with Ctrl in steps of ten</dd>
      </dl>
      <button type="button" onClick={() => props.close()}>
        Close
      </button>
    </div>
  )
}
