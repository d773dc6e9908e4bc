import { createMemo, For } from 'solid-js'
import { placeOf } from './placeOf.ts'
import type { ScopeModel } from './ScopeModel.ts'

/** At most so many labels are shown; the marks themselves are in the picture. */
const MOST = 40

/** How samples are called that are not there, by cause; the others are lost. */
const WORDS: Readonly<Record<string, string>> = { skipped: 'skipped', device: 'missing' }

/** What happened and what was lost, in words at its place. */
export function Notes(props: { model: ScopeModel; width: number }) {
  const notes = createMemo(() => {
    const { model } = props
    const events = model.events().map(({ index, label }) => ({ index, text: label, isLost: false }))
    const gaps = model.gaps().map(({ from, to, cause }) => ({
      index: Math.floor((from + to) / 2),
      text: `${WORDS[cause] ?? 'lost'} ${to - from} samples`,
      isLost: true
    }))
    return [...events, ...gaps]
      .flatMap((note) => {
        const place = placeOf(model, note.index)
        return place === undefined ? [] : [{ ...note, place }]
      })
      .slice(-MOST)
  })
  return (
    <For each={notes()}>
      {({ text, isLost, place }) => (
        <span
          class="note"
          classList={{ lost: isLost }}
          style={{
            left: `${place * props.width}px`,
            bottom: isLost ? '20px' : '2px',
            // Beside the mark, on the side where there is room.
            transform: place > 0.85 ? 'translateX(-100%)' : undefined
          }}
        >
          {text}
        </span>
      )}
    </For>
  )
}
