import { registerNodeType } from '@nodeacq/core'
import { brainVisionTarget } from '../../convert/brainvision/BrainVisionExporter.ts'
import { ExportRecorder, exportRecorderConfig } from './ExportRecorder.ts'

/** Records into BrainVision files, see `ExportRecorder`. */
export class BrainVisionRecorder extends ExportRecorder {
  static override readonly description = 'Records signals and events into a file in BrainVision format.'
  static override readonly configSchema = exportRecorderConfig(brainVisionTarget)
  protected override readonly exportTarget = brainVisionTarget
}
registerNodeType(BrainVisionRecorder)
