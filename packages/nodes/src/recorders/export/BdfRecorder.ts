import { registerNodeType } from '@nodeacq/core'
import { bdfTarget } from '../../convert/edf/edfTargets.ts'
import { ExportRecorder, exportRecorderConfig } from './ExportRecorder.ts'

/** Records into BDF+ files, see `ExportRecorder`. */
export class BdfRecorder extends ExportRecorder {
  static override readonly description = 'Records signals and events into a file in BDF+ format.'
  static override readonly configSchema = exportRecorderConfig(bdfTarget)
  protected override readonly exportTarget = bdfTarget
}
registerNodeType(BdfRecorder)
