import { createEffect, createSignal, onCleanup, onMount, Show } from 'solid-js'
import type { Role } from '../../src/protocol/messages.ts'
import { socketUrl } from '../Connection.ts'
import { ChannelList } from './ChannelList.tsx'
import { Help } from './Help.tsx'
import { Labels } from './Labels.tsx'
import type { FromWorker, ToWorker } from './messages.ts'
import { actionOfKey } from './keys.ts'
import { Notes } from './Notes.tsx'
import { saveSnapshot } from './saveSnapshot.ts'
import { ScaleBar } from './ScaleBar.tsx'
import { ScopeModel } from './ScopeModel.ts'
import { StatusLine } from './StatusLine.tsx'
import { TimeAxis } from './TimeAxis.tsx'
import { Toolbar } from './Toolbar.tsx'

/** Pixels by which the window changes by a percent when the time axis is dragged; pyacq's gesture. */
const PIXELS_PER_PERCENT = 1

/** An oscilloscope. */
export function Scope(props: { node: string; role: Role }) {
  const worker = new Worker(new URL('./scope.worker.ts', import.meta.url), { type: 'module' })
  const post = (message: ToWorker, transfer: Transferable[] = []): void => worker.postMessage(message, transfer)
  const model = new ScopeModel(post)
  const [size, setSize] = createSignal({ width: 0, height: 0 })
  const [isListed, setListed] = createSignal(false)
  const [isHelped, setHelped] = createSignal(false)
  let place!: HTMLDivElement
  let canvas!: HTMLCanvasElement

  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if (data.type === 'picture') void saveSnapshot(data.picture, model, props.node)
    else model.heard(data)
  })
  onMount(() => {
    const offscreen = canvas.transferControlToOffscreen()
    post({ type: 'start', canvas: offscreen, url: socketUrl(location), node: props.node }, [offscreen])
    const measure = (): void => {
      const ratio = devicePixelRatio
      const { clientWidth, clientHeight } = place
      setSize({ width: clientWidth, height: clientHeight })
      post({ type: 'size', width: Math.round(clientWidth * ratio), height: Math.round(clientHeight * ratio), ratio })
    }
    const observer = new ResizeObserver(measure)
    observer.observe(place)
    addEventListener('resize', measure)
    const onHidden = (): void => post({ type: document.hidden ? 'hold' : 'resume' })
    document.addEventListener('visibilitychange', onHidden)
    onCleanup(() => {
      observer.disconnect()
      removeEventListener('resize', measure)
      document.removeEventListener('visibilitychange', onHidden)
      worker.terminate()
    })
    createEffect(() => post({ type: 'look', look: structuredClone(model.look()) }))
  })

  const snapshot = (): void => post({ type: 'picture' })
  const onKey = (event: KeyboardEvent): void => {
    const action = actionOfKey(event)
    if (action === undefined) return
    event.preventDefault()
    action(model, { snapshot, toggleHelp: () => setHelped(!isHelped()) })
  }
  addEventListener('keydown', onKey)
  onCleanup(() => removeEventListener('keydown', onKey))

  const onWheel = (event: WheelEvent): void => {
    event.preventDefault()
    const direction = event.deltaY + event.deltaX < 0 ? 1 : -1
    if (event.shiftKey) model.stepWindow(direction === 1 ? -1 : 1)
    else model.stepGain(direction, { isCoarse: event.ctrlKey })
  }
  let probedAt = 0
  const onMove = (event: PointerEvent): void => {
    // Twenty times a second is as often as one can read.
    if (event.timeStamp - probedAt < 50) return
    probedAt = event.timeStamp
    post({ type: 'probe', x: event.offsetX * devicePixelRatio })
  }
  const onDrag = (event: PointerEvent): void => {
    if (event.buttons === 1 && event.movementX !== 0) {
      model.setWindow(model.window() * (1 + event.movementX / PIXELS_PER_PERCENT / 100))
    }
  }
  const sentence = (): string => {
    const signal = model.signal()
    if (signal === null) return 'No signal yet'
    return `${model.visible().length} of ${signal.channels.length} channels of ${signal.stream}, ${model.window()} seconds`
  }

  return (
    <>
      <Toolbar
        model={model}
        role={props.role}
        snapshot={snapshot}
        isListed={isListed()}
        toggleList={() => setListed(!isListed())}
        toggleHelp={() => setHelped(!isHelped())}
      />
      <div class="scope">
        <Show when={model.displayLabels()}>
          <Labels model={model} height={size().height} />
        </Show>
        <div class="plot">
          <div class="canvas" ref={(element) => (place = element)} onWheel={onWheel} onPointerMove={onMove}>
            <canvas ref={(element) => (canvas = element)} role="img" aria-label={sentence()} />
            <Notes model={model} width={size().width} />
            <ScaleBar model={model} height={size().height} />
            <Show when={model.progress().drawn === null}>
              <div class="blank">{model.signal() === null ? 'no signal is connected' : 'before the first sample'}</div>
            </Show>
            <Show when={isHelped()}>
              <Help close={() => setHelped(false)} />
            </Show>
          </div>
          <TimeAxis model={model} width={size().width} onDrag={onDrag} />
        </div>
        <Show when={isListed()}>
          <ChannelList model={model} />
        </Show>
      </div>
      <StatusLine model={model} />
    </>
  )
}
