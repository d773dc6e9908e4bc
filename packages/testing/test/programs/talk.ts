/** Says who it is, then repeats what it reads; `exit N` ends it with code N. */
import { createInterface } from 'node:readline'

process.stdout.write(`ready ${process.argv.slice(2).join(' ')}\n`)
process.stderr.write('to stderr\n')
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line.startsWith('exit ')) process.exit(Number(line.slice(5)))
  process.stdout.write(`heard ${line}\n`)
})
