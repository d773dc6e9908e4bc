/** A still picture in a process that can be killed: `scope.ts <port> <token file>` prints its link. */
import { stillRig } from '../stillRig.ts'

const [port = '0', tokenFile = ''] = process.argv.slice(2)
const rig = await stillRig({ window: 3, isSweep: true }, { configure: { port: Number(port), tokenFile } })
process.stdout.write(`${rig.scope.url()}\n`)
// Until its input ends with whoever started it.
process.stdin.resume().on('end', () => process.exit())
