import { For, Show } from 'solid-js'
import { formatValue } from '../../src/display/format.ts'
import type { ScaleMode } from '../../src/display/traces.ts'
import type { Role } from '../../src/protocol/messages.ts'
import type { ScopeModel } from './ScopeModel.ts'

const WINDOWS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300]
const SCALES: readonly (readonly [ScaleMode, string])[] = [
  ['same_for_all', 'lanes, same for all'],
  ['by_channel', 'lanes, by channel'],
  ['real_scale', 'one axis']
]

interface ToolbarProps {
  readonly model: ScopeModel
  readonly role: Role
  readonly snapshot: () => void
  readonly isListed: boolean
  readonly toggleList: () => void
  readonly toggleHelp: () => void
}

/** What can be changed, in one row. Arrow keys go from one control to the next. */
export function Toolbar(props: ToolbarProps) {
  const { model } = props
  const windows = (): readonly number[] => {
    const own = model.window()
    return WINDOWS.includes(own) ? WINDOWS : [...WINDOWS, own].toSorted((a, b) => a - b)
  }
  const height = (): string => {
    const units = model.unitsPerLane()
    const unit = model.signal()?.channels[model.visible()[0] ?? 0]?.unit ?? ''
    return units === undefined ? 'mixed' : formatValue(Math.abs(units), unit)
  }
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLElement }): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0 || event.target instanceof HTMLSelectElement) return
    const controls = [...event.currentTarget.querySelectorAll<HTMLElement>('button, select')]
    controls[controls.indexOf(event.target as HTMLElement) + step]?.focus()
    event.stopPropagation()
    event.preventDefault()
  }
  return (
    <div class="toolbar" role="toolbar" aria-label="Oscilloscope" onKeyDown={onKeyDown}>
      <span class="numbers">{model.signal()?.stream}</span>
      <label>
        Time
        <select value={model.window()} onChange={(event) => model.setWindow(Number(event.currentTarget.value))}>
          <For each={windows()}>
            {(seconds) => (
              <option value={seconds} selected={seconds === model.window()}>
                {formatValue(seconds, 's')}
              </option>
            )}
          </For>
        </select>
      </label>
      <span class="group" role="group" aria-label="Height of the traces">
        <button type="button" aria-label="Lower traces" onClick={() => model.stepGain(-1)}>
          −
        </button>
        <span class="numbers">{height()} / lane</span>
        <button type="button" aria-label="Higher traces" onClick={() => model.stepGain(1)}>
          +
        </button>
      </span>
      <label>
        Scale
        <select
          value={model.scaleMode()}
          onChange={(event) => model.setScaleMode(event.currentTarget.value as ScaleMode)}
        >
          <For each={SCALES}>{([mode, name]) => <option value={mode}>{name}</option>}</For>
        </select>
      </label>
      <button type="button" onClick={() => model.autoScale()}>
        Auto scale
      </button>
      <span class="group" role="group" aria-label="Mode">
        <button type="button" aria-pressed={model.mode() === 'scan'} onClick={() => model.setMode('scan')}>
          Sweep
        </button>
        <button type="button" aria-pressed={model.mode() === 'scroll'} onClick={() => model.setMode('scroll')}>
          Scroll
        </button>
      </span>
      <span class="group" role="group" aria-label="Past">
        <button type="button" aria-label="Half a window back" onClick={() => model.goBack(0.5)}>
          ◀
        </button>
        <button type="button" aria-pressed={model.until() !== null} onClick={() => model.togglePause()}>
          {model.until() === null ? 'Pause' : 'Live'}
        </button>
        <button
          type="button"
          aria-label="Half a window forward"
          disabled={model.until() === null}
          onClick={() => model.goBack(-0.5)}
        >
          ▶
        </button>
      </span>
      <button type="button" aria-pressed={props.isListed} onClick={() => props.toggleList()}>
        Channels {model.visible().length}
      </button>
      <button type="button" onClick={() => props.snapshot()}>
        Snapshot
      </button>
      <Show when={props.role === 'control'}>
        <button type="button" onClick={() => model.save()}>
          Save view
        </button>
      </Show>
      <button type="button" aria-label="Keys" onClick={() => props.toggleHelp()}>
        ?
      </button>
    </div>
  )
}
