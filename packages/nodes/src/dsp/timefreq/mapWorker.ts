/** Program of a worker thread: computes time–frequency maps. It owns no socket, so that it may end at any time. */
import { parentPort } from 'node:worker_threads'
import { getEngine } from '../kernels/engines.ts'
import { computeMaps, type FromWorker, type ToWorker } from './mapJobs.ts'
import { MorletMap } from './MorletMap.ts'
import type { TimeFreqPlan } from './timeFreqPlan.ts'

let current: { plan: TimeFreqPlan; map: MorletMap } | undefined

function answer(message: FromWorker): void {
  parentPort!.postMessage(message)
}

parentPort!.on('message', (message: ToWorker) => {
  try {
    if (message.kind === 'close') parentPort!.close()
    else if (message.kind === 'plan') {
      const { plan, shape, engine } = message
      current = { plan, map: new MorletMap(plan, shape, getEngine(engine)) }
    } else if (current !== undefined) {
      computeMaps(current.map, current.plan, message)
      answer({ kind: 'done', job: message.job })
    }
  } catch (error) {
    answer({ kind: 'failed', message: String(error) })
  }
})
