import { Engine } from './Engine.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** What a worker has; the types of pages know it as something else. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null
  postMessage(message: FromWorker, transfer?: Transferable[]): void
}

const scope = globalThis as unknown as WorkerScope
let engine: Engine | undefined

scope.onmessage = ({ data }) => {
  if (data.type === 'start') engine = new Engine(data, (message, transfer = []) => scope.postMessage(message, transfer))
  else engine?.obey(data)
}
