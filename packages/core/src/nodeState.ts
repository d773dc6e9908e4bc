import { NodeStateError } from './errors.ts'

/**
 * The life of a node:
 *
 *   created ─configure→ configured ─initialize→ initialized ─start→ running
 *                            ▲                      ▲                  │
 *                            └──────configure───────┴───────stop───────┤
 *                                                                      │ an error in `_run`, or in a hook
 *   closed ←─close─ (every state but running)        failed ←──────────┘
 */
export type NodeState = (typeof NODE_STATES)[number]

export const NODE_STATES = ['created', 'configured', 'initialized', 'running', 'failed', 'closed'] as const

export type NodeCall = 'configure' | 'initialize' | 'start' | 'stop' | 'close' | 'change the parameters of'

const LEGAL: Readonly<Record<NodeCall, readonly NodeState[]>> = {
  configure: ['created', 'configured', 'initialized', 'failed'],
  initialize: ['configured', 'initialized'],
  start: ['initialized'],
  stop: ['running'],
  close: ['created', 'configured', 'initialized', 'failed', 'closed'],
  'change the parameters of': ['created', 'configured', 'initialized', 'running', 'failed']
}

/** pyacq's words for what stands in the way, so that a Python caller reads what it knows. */
const HINDRANCE: Readonly<Record<NodeState, string>> = {
  created: 'not configured',
  configured: 'not initialized',
  initialized: 'not running',
  running: 'already running',
  failed: 'failed',
  closed: 'closed'
}

/** @throws {NodeStateError} when `call` is not legal in `state`. */
export function requireLegal(node: string, state: NodeState, call: NodeCall): void {
  if (LEGAL[call].includes(state)) return
  throw new NodeStateError({ node, state, call, legal: LEGAL[call], hindrance: HINDRANCE[state] })
}
