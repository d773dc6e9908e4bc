import type { Delivery, Flow } from '../params.ts'
import type { Service } from './Consumer.ts'

/** How an output serves an input; both ends decide in the same way. */
export function serviceFor(delivery: Delivery, { flow, isLocal }: { flow: Flow; isLocal: boolean }): Service {
  if (delivery === 'latest') return 'latest'
  if (delivery === 'complete' || flow === 'wait') return 'complete'
  return isLocal ? 'bounded' : 'live'
}
