import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { accountsOf, problemsOf } from './accounts.ts'
import { scene } from './scene.ts'

test('what comes after its run was given up is not taken for the run that follows', async () => {
  await using s = await scene('bestEffort')
  const reading = s.read()
  await s.script.sendMany(5, 10)
  await waitFor(() => s.input.ledger.next === 50)
  s.network.data.set({ delay: 900 })
  await s.script.sendMany(5, 10)
  await s.output.endRun()
  await reading
  expect(s.input.ledger.snapshot()).toMatchObject({ received: 50, lost: 50 })
  s.network.data.set({ delay: 0 })
  s.script.startRun()
  const following = s.read()
  await s.script.sendMany(4, 10)
  s.script.skip(40)
  await s.script.sendMany(8, 10)
  await s.output.endRun()
  const chunks = [...(await reading), ...(await following)]
  expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { mayLose: true, what: 'a late tail' })).toEqual([])
  expect(s.input.ledger.snapshot()).toMatchObject({ received: 120, lost: 0, duplicated: 0 })
})

test('what lies where an earlier run has a hole is of the next one, although both sent the same bytes', async () => {
  await using s = await scene('bestEffort')
  const reading = s.read()
  s.network.data.cut()
  await waitFor(() => s.output.status().consumerCount === 0)
  await s.script.sendMany(5, 10)
  s.script.skip(30)
  await s.script.sendMany(5, 10)
  s.script.startRun()
  s.network.data.heal()
  await waitFor(() => s.output.status().consumerCount === 1)
  await s.script.sendMany(13, 10)
  await s.output.endRun()
  const chunks = await reading
  expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { mayLose: true, what: 'same bytes' })).toEqual([])
  expect(accountsOf(s.input).get(0)).toMatchObject({ received: 50, lost: 50, holes: 30 })
  expect(accountsOf(s.input).get(1)).toMatchObject({ received: 80, lost: 50 })
})

test('the first chunk that comes waits for the news of its run', async () => {
  await using s = await scene('bestEffort')
  const reading = s.read()
  s.network.data.cut()
  await waitFor(() => s.output.status().consumerCount === 0)
  await s.script.sendMany(1, 10)
  s.script.skip(15)
  await s.script.sendMany(5, 10)
  s.network.data.heal()
  await waitFor(() => s.output.status().consumerCount === 1)
  s.network.side.set({ down: { delay: 300 } })
  s.script.startRun()
  await s.script.sendMany(5, 20)
  await s.output.endRun()
  const chunks = await reading
  expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { mayLose: true, what: 'late news' })).toEqual([])
  expect(s.input.ledger.snapshot()).toMatchObject({ received: 100, lost: 0 })
})
