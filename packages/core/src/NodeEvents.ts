import type { Gap } from '@nodeacq/stream'
import type { ParamsChange } from './LiveParams.ts'
import type { NodeState } from './nodeState.ts'
import type { RecordStatus } from './recording/RecordControl.ts'
import type { NodeFailure } from './status.ts'

/** What a node tells those that listen to it. */
export interface NodeEvents {
  stateChanged: [state: NodeState]
  failed: [failure: NodeFailure]
  paramsChanged: [change: ParamsChange]
  recordChanged: [status: RecordStatus]
  /** Samples that an input does not get, told to who listens when the node begins to read its `chunks`. */
  gap: [gap: Gap & { readonly input: string }]
}
