import { registerNodeType } from '@nodeacq/core'
import { z } from 'zod'
import { SignalViewer } from '../nodes/SignalViewer.ts'
import { serverConfig } from '../nodes/ViewerNode.ts'
import type { SubscribeMessage } from '../protocol/messages.ts'
import type { View } from '../server/Viewer.ts'
import { SpectrumView } from './SpectrumView.ts'

const config = z.object(serverConfig)
const params = z.object({
  duration: z
    .number()
    .positive()
    .max(10)
    .default(1)
    .describe('length of a window, s; the resolution in Hz is its inverse'),
  overlap: z.number().min(0).max(0.95).default(0.5).describe('share of a window that the next one has too'),
  averages: z.number().int().min(1).max(100).default(4).describe('windows whose mean is shown'),
  isLogarithmic: z.boolean().default(true).describe('power in decades instead of as it is'),
  lowest: z.number().min(0).default(0).describe('Hz at the left edge'),
  highest: z.number().positive().nullable().default(null).describe('Hz at the right edge; null is half the sample rate')
})
export type SpectrumParams = z.infer<typeof params>

/**
 * Shows the power spectrum of a signal in any browser, by Welch's method with Hann windows, units²/Hz. Input `signals`:
 * `(samples, channels)` numbers. Windows with missing samples are left out.
 */
export class SpectrumViewer extends SignalViewer<z.infer<typeof config>, SpectrumParams> {
  static override readonly description = "Shows the power spectrum of a signal in the browser, by Welch's method."
  static override readonly configSchema = config
  static override readonly paramsSchema = params
  protected override readonly kind = 'spectrum'

  protected get seconds(): number {
    return 1
  }

  protected override _open(wish: SubscribeMessage): View {
    return new SpectrumView(this.source, wish)
  }
}
registerNodeType(SpectrumViewer)
