import { DeviceError } from '@nodeacq/core'
import { isObject } from './messages.ts'

type Shape = 'list' | readonly string[]

/** What the answer of a method must hold, as far as all servers agree: a list, or an object with these members. */
const SHAPES: Readonly<Record<string, Shape>> = {
  getCortexInfo: ['version'],
  getUserLogin: 'list',
  requestAccess: ['accessGranted'],
  hasAccessRight: ['accessGranted'],
  authorize: ['cortexToken'],
  generateNewToken: ['cortexToken'],
  getUserInformation: ['username'],
  queryHeadsets: 'list',
  controlDevice: ['command'],
  createSession: ['id', 'status'],
  updateSession: ['id', 'status'],
  querySessions: 'list',
  subscribe: ['success', 'failure'],
  unsubscribe: ['success', 'failure'],
  createRecord: ['record', 'sessionId'],
  stopRecord: ['record', 'sessionId'],
  deleteRecord: ['success', 'failure'],
  exportRecord: ['success', 'failure'],
  queryRecords: ['count', 'records'],
  getRecordInfos: 'list',
  injectMarker: ['marker'],
  updateMarker: ['marker'],
  queryProfile: 'list',
  getCurrentProfile: ['name'],
  getDetectionInfo: ['actions', 'controls', 'events'],
  getTrainedSignatureActions: ['totalTimesTraining', 'trainedActions'],
  getTrainingTime: ['time'],
  mentalCommandBrainMap: 'list'
}

/** @throws {DeviceError} when an answer is not what the method is known to give. */
export function checkResult(method: string, result: unknown): void {
  const shape = SHAPES[method]
  if (shape === undefined) return
  if (shape === 'list') {
    if (!Array.isArray(result)) throw new DeviceError(`Cortex: ${method}: expected a list, got ${typeof result}`)
    return
  }
  const missing = isObject(result) ? shape.filter((name) => !(name in result)) : shape
  if (missing.length > 0) throw new DeviceError(`Cortex: ${method}: the answer has no ${missing.join(', ')}`)
}
