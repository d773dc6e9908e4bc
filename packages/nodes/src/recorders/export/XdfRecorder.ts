import { registerNodeType } from '@nodeacq/core'
import { xdfTarget } from '../../convert/xdf/XdfExporter.ts'
import { ExportRecorder, exportRecorderConfig } from './ExportRecorder.ts'

/** Records into XDF files, see `ExportRecorder`. */
export class XdfRecorder extends ExportRecorder {
  static override readonly description = 'Records signals and events into a file in XDF format.'
  static override readonly configSchema = exportRecorderConfig(xdfTarget)
  protected override readonly exportTarget = xdfTarget
}
registerNodeType(XdfRecorder)
