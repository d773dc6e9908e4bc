import type { ScopeModel } from './ScopeModel.ts'

interface PageActions {
  readonly snapshot: () => void
  readonly toggleHelp: () => void
}

type Action = (model: ScopeModel, page: PageActions) => void

/** Every key, what it does, and how. */
export const KEYS: readonly { readonly keys: readonly string[]; readonly does: string; readonly action: Action }[] = [
  { keys: ['+', '='], does: 'higher traces', action: (model) => model.stepGain(1) },
  { keys: ['-'], does: 'lower traces', action: (model) => model.stepGain(-1) },
  { keys: [','], does: 'shorter window', action: (model) => model.stepWindow(-1) },
  { keys: ['.'], does: 'longer window', action: (model) => model.stepWindow(1) },
  { keys: [' '], does: 'pause; acquisition goes on', action: (model) => model.togglePause() },
  { keys: ['ArrowLeft'], does: 'half a window back', action: (model) => model.goBack(0.5) },
  { keys: ['ArrowRight'], does: 'half a window forward', action: (model) => model.goBack(-0.5) },
  { keys: ['End'], does: 'live again', action: (model) => model.goLive() },
  { keys: ['ArrowUp'], does: 'channel above', action: (model) => model.selectNext(-1) },
  { keys: ['ArrowDown'], does: 'channel below', action: (model) => model.selectNext(1) },
  { keys: ['Enter'], does: 'only the selected channel', action: (model) => model.toggleOnly(model.selected()) },
  { keys: ['Escape'], does: 'all channels again', action: (model) => model.toggleOnly(null) },
  { keys: ['a'], does: 'auto scale', action: (model) => model.autoScale() },
  {
    keys: ['m'],
    does: 'sweep or scroll',
    action: (model) => model.setMode(model.mode() === 'scan' ? 'scroll' : 'scan')
  },
  {
    keys: ['i'],
    does: 'invert the selected channel',
    action: (model) => {
      const channel = model.selected()
      if (channel !== null) model.invert(channel)
    }
  },
  { keys: ['s'], does: 'save a picture', action: (_, page) => page.snapshot() },
  { keys: ['?'], does: 'this list', action: (_, page) => page.toggleHelp() }
]

/** What a key does now; nothing where it belongs to a field or a button. */
export function actionOfKey(event: KeyboardEvent): Action | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined
  const { target } = event
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return undefined
  const isPress = event.key === ' ' || event.key === 'Enter'
  if (isPress && target instanceof HTMLElement && target.closest('button, a') !== null) return undefined
  return KEYS.find(({ keys }) => keys.includes(event.key))?.action
}
