/** Starts a process that outlives this one, and tells its pid. */
import { spawn } from 'node:child_process'

const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
orphan.unref()
process.stdout.write(`orphan ${orphan.pid}\n`)
