/** Sends and reads a stream in shared memory where koffi cannot be loaded. See sharedMem.files.test.ts. */
import { channel } from 'node:diagnostics_channel'
import { registerHooks } from 'node:module'
import { InputStream, OutputStream } from '@nodeacq/stream'
import { ramp } from '../streams.ts'

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'koffi') throw new Error('no koffi here')
    return next(specifier, context)
  }
})
channel('nodeacq:log').subscribe((record) => {
  const { level, message } = record as { level: string; message: string }
  process.stdout.write(`${level}: ${message}\n`)
})

await using output = new OutputStream({ shape: [-1, 2], transferMode: 'sharedmem', bufferSize: 1000 })
await output.configure()
await using input = new InputStream()
await input.connect(output)
for (let i = 0; i < 5; i++) await output.send(ramp(10 * i, 10))
await output.endRun()
let samples = 0
for await (const { data } of input.chunks()) samples += data.length
process.stdout.write(`${samples} samples\n`)
