import { registerNodeType } from '@nodeacq/core'
import { edfTarget } from '../../convert/edf/edfTargets.ts'
import { ExportRecorder, exportRecorderConfig } from './ExportRecorder.ts'

/** Records into EDF+ files, see `ExportRecorder`. */
export class EdfRecorder extends ExportRecorder {
  static override readonly description = 'Records signals and events into a file in EDF+ format.'
  static override readonly configSchema = exportRecorderConfig(edfTarget)
  protected override readonly exportTarget = edfTarget
}
registerNodeType(EdfRecorder)
