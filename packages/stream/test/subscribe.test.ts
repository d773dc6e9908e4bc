import { NdArray } from '@nodeacq/ndarray'
import { OutputStream, SourceUnreachableError, subscribe, tap } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'

async function openOutput(): Promise<OutputStream> {
  const output = new OutputStream({ dtype: 'float64', shape: [-1, 1] })
  await output.configure()
  return output
}

const chunk = (value: number) => NdArray.from([[value]])

test('what is sent between subscribe and the loop is not missed', async () => {
  await using output = await openOutput()
  const chunks = subscribe(output)
  await chunks.connected
  output.startRun()
  for (let i = 0; i < 10; i++) await output.send(chunk(i))
  await output.endRun()
  const values: unknown[] = []
  for await (const { data } of chunks) values.push(data.get(0, 0))
  expect(values).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  await waitFor(() => output.consumerCount === 0, { what: 'the subscription to leave' })
})

test('a subscription that nobody reads can be given back', async () => {
  await using output = await openOutput()
  const chunks = subscribe(output)
  await chunks.connected
  expect(output.consumerCount).toBe(1)
  await chunks.return()
  await waitFor(() => output.consumerCount === 0, { what: 'the subscription to leave' })
})

test('a source that cannot be reached is told to the reader', async () => {
  const output = await openOutput()
  const { params } = output
  await output.close()
  await expect(subscribe(params, { timeout: 300 }).next()).rejects.toThrow(SourceUnreachableError)
})

test('tap calls back for every chunk of every run until it is closed', async () => {
  await using output = await openOutput()
  const values: unknown[] = []
  const input = await tap(output, ({ run, data }) => values.push([run, data.get(0, 0)]))
  for (let run = 1; run <= 2; run++) {
    output.startRun()
    for (let i = 0; i < 3; i++) await output.send(chunk(i))
    await output.endRun()
    await waitFor(() => values.length === run * 3)
  }
  await input.close()
  expect(values).toEqual([1, 2].flatMap((run) => [0, 1, 2].map((value) => [run, value])))
})
