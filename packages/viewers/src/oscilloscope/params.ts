import { z } from 'zod'

/** How a channel is drawn: `gain · value + offset` on the plot's y axis. */
const channel = z.object({
  gain: z.number().default(1).describe('factor of the values'),
  offset: z.number().default(0).describe('where 0 lies on the y axis'),
  visible: z.boolean().default(true)
})

/** Parameters of an oscilloscope; pyacq's, with its values. */
export const oscilloscopeParams = z.object({
  window: z.number().positive().max(86_400).default(3).describe('length of the picture, s').meta({ pyacq: 'xsize' }),
  yMax: z.number().default(10).describe('upper end of the y axis').meta({ pyacq: 'ylim_max' }),
  yMin: z.number().default(-10).describe('lower end of the y axis').meta({ pyacq: 'ylim_min' }),
  scaleMode: z
    .enum(['real_scale', 'same_for_all', 'by_channel'])
    .default('same_for_all')
    .describe('what auto scale does: one axis for all, lanes of one height in units, or each lane its own')
    .meta({ pyacq: 'scale_mode' }),
  mode: z
    .enum(['scan', 'scroll'])
    .default('scan')
    .describe('scan: columns stay and a head goes round; scroll: the newest is at the right'),
  isAutoScaled: z
    .boolean()
    .default(true)
    .describe(
      'scale once when the page is opened, instead of the gains, offsets and ends of the axis that are set here'
    ),
  displayLabels: z.boolean().default(true).describe('names of the channels').meta({ pyacq: 'display_labels' }),
  showBottomAxis: z.boolean().default(true).describe('the time axis').meta({ pyacq: 'show_bottom_axis' }),
  showLeftAxis: z.boolean().default(true).describe('the y axis of real_scale').meta({ pyacq: 'show_left_axis' }),
  backgroundColor: z
    .string()
    .default('')
    .describe('accepted for pyacq; the page has themes')
    .meta({ pyacq: 'background_color' }),
  refreshInterval: z
    .number()
    .min(5)
    .max(1000)
    .default(17)
    .describe('ms between two messages to a page')
    .meta({ pyacq: 'refresh_interval' }),
  autoDecimate: z
    .boolean()
    .default(true)
    .describe('accepted for pyacq; every picture is decimated')
    .meta({ pyacq: 'auto_decimate' }),
  decimate: z.number().int().min(1).default(1).describe('accepted for pyacq'),
  decimationMethod: z
    .enum(['pure_decimate', 'min_max', 'mean'])
    .default('min_max')
    .describe('accepted for pyacq; pages show lowest and highest values, so that no spike is hidden')
    .meta({ pyacq: 'decimation_method' }),
  channels: z.record(z.string(), channel.partial()).default({}).describe('by channel: ch0, ch1 …')
})

export type OscilloscopeParams = z.infer<typeof oscilloscopeParams>
