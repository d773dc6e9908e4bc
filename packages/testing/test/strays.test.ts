import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RUN_VARIABLE, canFindStrays, startProcess, strayProcesses, tempFolder, waitFor } from 'testing'
import { strayFiles, strayMemory } from '../src/strays.ts'

const run = `${process.env[RUN_VARIABLE]}/strays`
const env = { [RUN_VARIABLE]: run }

// Said aloud by globalSetup: elsewhere there is no /proc to look in.
test.runIf(canFindStrays)('an orphan is found by the mark of its run, and no process of another run', async () => {
  const program = await startProcess(new URL('./programs/spawnOrphan.ts', import.meta.url), [], { env })
  const orphan = Number((await program.line('orphan')).split(' ')[1])
  await program.exited
  try {
    expect(await strayProcesses(run)).toMatchObject([{ pid: orphan, command: expect.stringContaining('setInterval') }])
    expect(await strayProcesses(`${run}/other`)).toEqual([])
    expect((await strayProcesses()).map(({ pid }) => pid)).toContain(orphan)
    expect((await strayProcesses()).map(({ pid }) => pid)).not.toContain(process.pid)
  } finally {
    process.kill(orphan, 'SIGKILL')
  }
  await waitFor(async () => (await strayProcesses(run)).length === 0, { what: 'the orphan to end' })
})

test('of files, those with our names and sockets are strays', async () => {
  await using folder = await tempFolder()
  const socket = createServer()
  await new Promise<void>((resolve) => socket.listen(join(folder.path, 's'), resolve))
  await mkdir(join(folder.path, 'nodeacq-x'))
  await writeFile(join(folder.path, 'something'), '')
  expect((await strayFiles(folder.path)).toSorted()).toEqual([join(folder.path, 'nodeacq-x'), join(folder.path, 's')])
  await new Promise((resolve) => socket.close(resolve))
})

test.runIf(canFindStrays)('new shared memory is a stray unless somebody else uses it', async () => {
  const before = new Set<string>()
  const path = `/dev/shm/nodeacq-strays-test-${process.pid}`
  await writeFile(path, 'x')
  try {
    expect(await strayMemory(before, run)).toContain(path)
    expect(await strayMemory(new Set([path]), run)).not.toContain(path)
    // A reader without our mark stands for another run on this machine.
    const holder = new URL('./programs/holdOpen.ts', import.meta.url)
    await using program = await startProcess(holder, [path], { env: { [RUN_VARIABLE]: undefined } })
    await program.line('open')
    expect(await strayMemory(before, run)).not.toContain(path)
  } finally {
    await rm(path)
  }
})
