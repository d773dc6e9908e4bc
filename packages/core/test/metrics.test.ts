import { readFile } from 'node:fs/promises'
import { createManager, MetricsError, NodeGroup, startHost, startManager, type ManagerHandle } from '@nodeacq/core'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { Adder, Counter } from './fixtures/nodes.ts'

/** One scrape: the values by name and labels, as they stand on the page. */
async function scrape(url: string): Promise<Map<string, number>> {
  const response = await fetch(url)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8'
  ])
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

const namesIn = (page: Map<string, number>) => new Set([...page.keys()].map((key) => key.replace(/\{.*/, '')))

/** Counter → Adder, each in a group of its own, running. */
async function startGraph(manager: ManagerHandle, options: object): Promise<void> {
  const [a, b] = [await manager.createNodeGroup({ name: 'a' }), await manager.createNodeGroup({ name: 'b' })]
  const amp = await a.createNode('Counter', { name: 'amp' })
  await amp.configure(options)
  await amp.initialize()
  const adder = await b.createNode('Adder', { name: 'adder' })
  await adder.configure({})
  await adder.input.connect(amp.output)
  await adder.initialize()
  await manager.startAll()
}

for (const mode of ['rpc', 'local'] as const) {
  test(`a manager (${mode}) serves the metrics of the whole graph on one page`, async () => {
    await using manager = await createManager({ mode })
    const url = await manager.serveMetrics()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
    await startGraph(manager, { chunks: 50, chunkSize: 10, pause: 20 })
    const edge = '{from="amp.signals",to="adder.signals",delivery="complete",group="b"}'
    const page = await waitFor(async () => {
      const page = await scrape(url)
      // What the two groups say is not of one moment.
      const isAll = page.get('nodeacq_output_bytes_total{node="amp",output="signals",group="a"}') === 500 * 2 * 8
      return isAll && page.get(`nodeacq_edge_samples_total${edge}`) === 500 ? page : undefined
    })
    expect(page.get(`nodeacq_edge_chunks_total${edge}`)).toBe(50)
    expect(page.get(`nodeacq_edge_lost_samples_total${edge}`)).toBe(0)
    expect(page.get(`nodeacq_edge_stalled${edge}`)).toBe(0)
    const p99 = page.get(`nodeacq_edge_latency_seconds${edge.replace('}', ',quantile="0.99"}')}`)!
    const p50 = page.get(`nodeacq_edge_latency_seconds${edge.replace('}', ',quantile="0.5"}')}`)!
    expect(p50).toBeGreaterThanOrEqual(0)
    expect(p99).toBeGreaterThanOrEqual(p50)
    // How many an input has taken is told to the source now and then.
    expect(page.get('nodeacq_edge_queue_chunks{from="amp.signals",to="adder.signals",group="a"}')).toBeLessThan(50)
    expect(page.get('nodeacq_group_state{group="b",host="local",state="running"}')).toBe(1)
    expect(page.get('nodeacq_group_state{group="b",host="local",state="dead"}')).toBe(0)
    expect(page.get('nodeacq_host_connected{host="local"}')).toBe(1)
    expect(page.get('nodeacq_host_clock_offset_seconds{host="local"}')).toBe(0)
    // 10 samples each 20 ms and what a timer adds.
    const rate = page.get('nodeacq_output_measured_rate_hertz{node="amp",output="signals",group="a"}')!
    expect(rate).toBeGreaterThan(1)
    expect(rate).toBeLessThan(501)
    const states = [...page].filter(([key]) => key.startsWith('nodeacq_node_state{node="amp",type="Counter"'))
    expect(states).toHaveLength(6)
    expect(states.reduce((sum, [, value]) => sum + value, 0)).toBe(1)
    // The manager has a process of its own only in mode rpc.
    const own = mode === 'rpc' ? ['manager'] : []
    const processes = [...page.keys()].filter((key) => key.startsWith('nodeacq_process_cpu_seconds_total'))
    expect(processes.map((key) => /process="(\w+)"/.exec(key)![1])).toEqual(['script', 'a', 'b', ...own])
    for (const key of processes) expect(page.get(key)).toBeGreaterThan(0)

    const guide = await readFile(new URL('../../../docs/guides/monitoring.md', import.meta.url), 'utf8')
    expect(new Set(/\n\| Metric[^]*?\n\n/.exec(guide)![0].match(/nodeacq_\w+/g))).toEqual(namesIn(page))

    await manager.close()
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })
}

test('a group that is dead stays on the page as such, and what its nodes were is gone', async () => {
  await using manager = await createManager({ mode: 'local' })
  const url = await manager.serveMetrics()
  const group = await manager.createNodeGroup({ name: 'a' })
  await manager.createNodeGroup({ name: 'b' })
  await group.createNode('Counter', { name: 'amp' })
  const created = 'nodeacq_node_state{node="amp",type="Counter",group="a",host="local",state="created"}'
  expect((await scrape(url)).get(created)).toBe(1)
  process.kill((await group.status()).pid, 'SIGKILL')
  const dead = 'nodeacq_group_state{group="a",host="local",state="dead"}'
  const page = await waitFor(async () => {
    const page = await scrape(url)
    return page.get(dead) === 1 ? page : undefined
  })
  expect([...page.keys()].filter((key) => key.includes('node="amp"'))).toEqual([])
  expect(page.get('nodeacq_group_state{group="b",host="local",state="running"}')).toBe(1)
})

test('a group serves those of its own process, and says where; a host those of its groups', async () => {
  await using host = await startHost({ name: 'lab' })
  await using manager = await createManager({ mode: 'local' })
  const group = await manager.createNodeGroup({
    name: 'a',
    host: await manager.addHost(host.address, { name: 'lab' })
  })
  const amp = await group.createNode('Counter', { name: 'amp' })
  await amp.configure({ chunks: 3 })
  await amp.initialize()
  await amp.start()
  await amp.finished()

  const samples = 'nodeacq_output_samples_total{node="amp",output="signals",group="a"}'
  const url = await group.serveMetrics()
  expect((await manager.status()).groups.map(({ metrics }) => metrics)).toEqual([null, url])
  expect((await scrape(url)).get(samples)).toBe(30)
  const page = await scrape(await host.served.serveMetrics())
  expect(page.get(samples)).toBe(30)
  expect(page.get('nodeacq_group_state{group="a",host="lab",state="running"}')).toBe(1)
  expect(page.get('nodeacq_process_resident_memory_bytes{process="host",host="lab"}')).toBeGreaterThan(1e6)
  // Another address takes the place of the first.
  const second = await group.serveMetrics()
  await expect(fetch(url)).rejects.toThrow('fetch failed')
  expect((await scrape(second)).get(samples)).toBe(30)
})

test('only loopback is served unasked; a port that is taken is named; only GET /metrics is answered', async () => {
  await using group = new NodeGroup({ name: 'here' })
  await using other = new NodeGroup({ name: 'other' })
  group.addNode(new Counter({ name: 'amp' }))
  group.addNode(new Adder({ name: 'a"\\\nb' }))
  await expect(group.serveMetrics({ host: '0.0.0.0' })).rejects.toThrow(MetricsError)
  await expect(group.serveMetrics({ host: '0.0.0.0' })).rejects.toThrow('expected a loopback host')
  await expect(group.serveMetrics({ host: '192.0.2.1', insecure: true })).rejects.toThrow('no such address')
  const url = await group.serveMetrics()
  const port = Number(new URL(url).port)
  await expect(other.serveMetrics({ port })).rejects.toThrow(
    `metrics cannot be served at 127.0.0.1:${port}: the address is in use`
  )
  expect(other.status().metrics).toBeNull()
  expect((await fetch(new URL('/', url))).status).toBe(404)
  expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405)
  expect(await (await fetch(url, { method: 'HEAD' })).text()).toBe('')
  // A name may be any text.
  const states = [...(await scrape(url)).keys()].filter((key) => key.includes('type="Adder"'))
  expect(states[0]).toContain('node="a\\"\\\\\\nb"')
  // Scrapes at the same time are answered all.
  const pages = await Promise.all(Array.from({ length: 20 }, () => scrape(url)))
  expect(new Set(pages.map((page) => page.size)).size).toBe(1)
})

test('a manager server without groups has the metrics of its own process', async () => {
  await using server = await startManager()
  const page = await scrape(await server.served.serveMetrics())
  expect([...page.keys()]).toEqual([
    'nodeacq_process_cpu_seconds_total{process="manager",host="local"}',
    'nodeacq_process_resident_memory_bytes{process="manager",host="local"}'
  ])
})
