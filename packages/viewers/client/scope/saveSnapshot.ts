import { formatClock } from '../../src/display/format.ts'
import { isDark } from '../theme.ts'
import type { ScopeModel } from './ScopeModel.ts'

const LEFT = 110
const TOP = 28
const FONT = '13px system-ui, sans-serif'

/** Saves the picture with what is needed to read it: stream, time, names, window. */
export async function saveSnapshot(picture: Blob, model: ScopeModel, node: string): Promise<void> {
  const image = await createImageBitmap(picture)
  const ratio = devicePixelRatio
  const canvas = document.createElement('canvas')
  canvas.width = image.width + LEFT * ratio
  canvas.height = image.height + TOP * ratio
  const context = canvas.getContext('2d')!
  context.fillStyle = isDark() ? '#0e1116' : '#ffffff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(image, LEFT * ratio, TOP * ratio)
  context.scale(ratio, ratio)
  context.font = FONT
  context.fillStyle = isDark() ? '#e6eaf0' : '#1a212b'
  context.textBaseline = 'middle'
  const signal = model.signal()
  const { drawn } = model.progress()
  const time = formatClock((model.until() ?? drawn ?? 0) / (signal?.sampleRate ?? 1))
  context.fillText(
    `${signal?.stream ?? node}  ${time}  window ${model.window()} s  ${new Date().toISOString()}`,
    8,
    TOP / 2
  )
  const channels = model.visible()
  channels.forEach((channel, k) => {
    const y = TOP + ((k + 0.5) * image.height) / ratio / channels.length
    context.fillText(signal?.channels[channel]?.name ?? '', 8, y, LEFT - 12)
  })
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (blob === null) return
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = `${node}-${new Date().toISOString().replace(/[:.]/g, '-')}.png`
  link.click()
  URL.revokeObjectURL(link.href)
}
