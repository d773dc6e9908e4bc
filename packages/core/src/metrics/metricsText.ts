import type { Counter, Gauge, Registry } from 'prom-client'
import { edgeOf } from '../edges.ts'
import { NODE_STATES } from '../nodeState.ts'
import { GROUP_STATES, type GroupStatus, type ManagerStatus } from '../status.ts'

/** What a page of metrics is made of; a `ManagerStatus` is one. */
export type Measured = Pick<ManagerStatus, 'hosts' | 'groups' | 'nodes'> & {
  /** A process that is no node group: the manager's, or that of a host server. */
  readonly own?: Pick<GroupStatus, 'name' | 'host' | 'cpuSeconds' | 'memory'>
}

type Labels = Readonly<Record<string, string>>
type Row = readonly [labels: Labels, value: number]

/**
 * A status in the text format of Prometheus. Counters of edges are those of the current run and begin at 0 again with
 * the next, as counters of Prometheus may. The names are listed in docs/guides/monitoring.md.
 */
export async function metricsText({ hosts, groups, nodes, own }: Measured): Promise<string> {
  // Most processes never serve metrics, so they need not load this.
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  const page = new Page(registry, Counter, Gauge)

  const edges = nodes.flatMap(({ name, group, inputs }) =>
    inputs.map((input) => {
      const edge = edgeOf(name, input)
      return { edge, labels: { from: edge.from, to: edge.to, delivery: edge.delivery, group } }
    })
  )
  const ofEdges = (value: (edge: (typeof edges)[number]['edge']) => number): Row[] =>
    edges.map(({ edge, labels }) => [labels, value(edge)])
  page.counter(
    'nodeacq_edge_samples_total',
    'Samples received in this run',
    ofEdges(({ samples }) => samples)
  )
  page.counter(
    'nodeacq_edge_chunks_total',
    'Chunks received in this run',
    ofEdges(({ chunks }) => chunks)
  )
  page.counter(
    'nodeacq_edge_lost_samples_total',
    'Samples that were sent and did not come',
    ofEdges((edge) => edge.lostSamples)
  )
  page.counter(
    'nodeacq_edge_skipped_samples_total',
    'Samples passed over on purpose (delivery latest)',
    ofEdges((edge) => edge.skippedSamples)
  )
  page.counter(
    'nodeacq_edge_duplicated_samples_total',
    'Samples that came again and were not counted twice',
    ofEdges((edge) => edge.duplicatedSamples)
  )
  page.counter(
    'nodeacq_edge_gaps_total',
    'Ranges that are missing, declared by the source or not',
    ofEdges(({ gaps }) => gaps)
  )
  page.gauge(
    'nodeacq_edge_stalled',
    '1 while no data comes although the source goes on, or no sign of the source',
    ofEdges(({ stalled }) => Number(stalled))
  )
  page.gauge(
    'nodeacq_edge_latency_seconds',
    'From send to the moment a chunk is taken, newest 512 that were measured; within one machine',
    edges.flatMap(({ edge: { latencyMs }, labels }): Row[] =>
      latencyMs === null
        ? []
        : [
            [{ ...labels, quantile: '0.5' }, seconds(latencyMs.p50)],
            [{ ...labels, quantile: '0.99' }, seconds(latencyMs.p99)]
          ]
    )
  )

  const outputs = nodes.flatMap(({ name: node, group, outputs }) =>
    outputs.map((output) => ({ output, labels: { node, output: output.name, group } }))
  )
  // What PUB/SUB holds for an input is not known to anybody.
  const queues = outputs.flatMap(({ output, labels: { node, group } }) =>
    output.consumers
      .filter(({ service }) => service !== 'live')
      .map((consumer) => {
        const to = consumer.node === null ? (consumer.process ?? 'outside') : `${consumer.node}.${consumer.input ?? ''}`
        return { consumer, labels: { from: `${node}.${output.name}`, to, group } }
      })
  )
  page.gauge(
    'nodeacq_edge_queue_chunks',
    'Chunks sent to an input that it has not taken yet; not known of bestEffort between processes',
    queues.map(({ consumer, labels }) => [labels, consumer.inFlight])
  )
  page.gauge(
    'nodeacq_edge_queue_stalled',
    '1 while chunks wait for an input that has taken none for more than 2 s',
    queues.map(({ consumer, labels }) => [labels, Number(consumer.stalled)])
  )
  const ofOutputs = (value: (output: (typeof outputs)[number]['output']) => number): Row[] =>
    outputs.map(({ output, labels }) => [labels, value(output)])
  page.counter(
    'nodeacq_output_samples_total',
    'Samples sent in all runs',
    ofOutputs(({ samples }) => samples)
  )
  page.counter(
    'nodeacq_output_bytes_total',
    'Bytes of samples sent in all runs',
    ofOutputs(({ bytes }) => bytes)
  )
  page.gauge(
    'nodeacq_output_consumers',
    'Inputs that are connected, those of pyacq among them',
    ofOutputs((output) => output.consumerCount)
  )
  page.gauge(
    'nodeacq_output_retained_bytes',
    'What is kept for inputs that are behind',
    ofOutputs((output) => output.retained.bytes)
  )

  const measured = outputs.flatMap(({ output: { measuredRate }, labels }) =>
    measuredRate === null ? [] : [{ ...measuredRate, labels }]
  )
  page.gauge(
    'nodeacq_output_measured_rate_hertz',
    'Samples per second of late by the clock of the machine, once it is known',
    measured.map(({ hz, labels }) => [labels, hz])
  )
  page.gauge(
    'nodeacq_output_measured_rate_uncertainty_hertz',
    'By how much the measured rate may be wrong',
    measured.map(({ uncertainty, labels }) => [labels, uncertainty])
  )

  page.gauge(
    'nodeacq_node_state',
    '1 for the state the node is in',
    nodes.flatMap(({ name: node, type, group, host, state: now }) =>
      NODE_STATES.map((state): Row => [{ node, type, group, host, state }, Number(state === now)])
    )
  )
  page.gauge(
    'nodeacq_group_state',
    '1 for the state the node group is in',
    groups.flatMap(({ name: group, host, state: now }) =>
      GROUP_STATES.map((state): Row => [{ group, host, state }, Number(state === now)])
    )
  )
  page.gauge(
    'nodeacq_host_connected',
    '1 while the manager is connected to the host',
    hosts.map(({ name: host, state }) => [{ host }, Number(state === 'connected')])
  )
  const clocks = hosts.flatMap(({ name: host, clock }) => (clock === null ? [] : [{ clock, labels: { host } }]))
  page.gauge(
    'nodeacq_host_clock_offset_seconds',
    "How far the monotonic clock of the machine is ahead of the manager's; 0 on the same machine",
    clocks.map(({ clock, labels }) => [labels, clock.offset / 1000])
  )
  page.gauge(
    'nodeacq_host_clock_uncertainty_seconds',
    'By how much the clock offset may be wrong',
    clocks.map(({ clock, labels }) => [labels, clock.uncertainty / 1000])
  )
  const processes = [...groups.filter(({ pid }) => pid !== null), ...(own ? [own] : [])]
  page.counter(
    'nodeacq_process_cpu_seconds_total',
    'Processor time of the process',
    processes.map(({ name, host, cpuSeconds }) => [{ process: name, host }, cpuSeconds])
  )
  page.gauge(
    'nodeacq_process_resident_memory_bytes',
    'Resident memory of the process',
    processes.map(({ name, host, memory }) => [{ process: name, host }, memory])
  )
  return registry.metrics()
}

/** Two clocks that differ a little can make a latency negative. */
const seconds = (ms: number) => Math.max(0, ms) / 1000

/** One answer to a scrape: every metric has exactly the rows that there are now, so what is gone leaves nothing behind. */
class Page {
  readonly #registry: Registry
  readonly #Counter: typeof Counter
  readonly #Gauge: typeof Gauge

  constructor(registry: Registry, counter: typeof Counter, gauge: typeof Gauge) {
    this.#registry = registry
    this.#Counter = counter
    this.#Gauge = gauge
  }

  counter(name: string, help: string, rows: readonly Row[]): void {
    if (rows.length === 0) return
    const metric = new this.#Counter({ name, help, labelNames: labelNames(rows), registers: [this.#registry] })
    for (const [labels, value] of rows) metric.inc(labels, value)
  }

  gauge(name: string, help: string, rows: readonly Row[]): void {
    if (rows.length === 0) return
    const metric = new this.#Gauge({ name, help, labelNames: labelNames(rows), registers: [this.#registry] })
    for (const [labels, value] of rows) metric.set(labels, value)
  }
}

const labelNames = (rows: readonly Row[]) => Object.keys(rows[0]![0])
