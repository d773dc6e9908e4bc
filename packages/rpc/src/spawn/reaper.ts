import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/*
 * A watchdog process that kills the children of this process when it is gone, however it ended. It is a shell that reads
 *
 *   + PID     a child was started
 *   - PID     a child has ended
 *
 * and at the end of its input, which is the end of this process, waits a second for the children to go by themselves
 * and kills the others. A nodeacq child notices the end by itself (see parentWatch.ts) unless its event loop is busy; a
 * Python child never does. A worker thread in each child could see to the first case, for 10 MB and 20 ms each; one
 * shell (1 MB) per parent sees to both. It lives as long as there are children, and is out of reach of the terminal's
 * signals. Without /bin/sh (Windows) children are killed by the `exit` event only.
 */
const SCRIPT = `
trap '' HUP INT TERM
pids=' '
while read -r change pid; do
  case $change in
    +) pids="$pids$pid " ;;
    -) case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
  esac
done
case $pids in *[0-9]*) sleep 1; kill -9 $pids 2>/dev/null ;; esac
`

const children = new Set<number>()
let input: Writable | undefined

/** Has the child killed when this process is gone. */
export function reapAtEnd(pid: number): void {
  children.add(pid)
  if (input) input.write(`+ ${pid}\n`)
  else start()
}

/** The child has ended: nothing is left to kill. */
export function forgetChild(pid: number): void {
  if (!children.delete(pid)) return
  input?.write(`- ${pid}\n`)
  if (children.size > 0) return
  input?.end()
  input = undefined
}

function start(): void {
  if (process.platform === 'win32') return
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  const pipe = shell.stdin
  const forget = () => {
    if (input === pipe) input = undefined
  }
  // Without a shell the children are still bound by their own watch; a write to one that was killed must not throw.
  shell.on('error', forget)
  shell.on('exit', forget)
  pipe.on('error', forget)
  shell.unref()
  if ('unref' in pipe) (pipe as Writable & { unref(): void }).unref()
  input = pipe
  for (const pid of children) pipe.write(`+ ${pid}\n`)
}

process.on('exit', () => {
  if (process.platform !== 'win32') return
  for (const pid of children) {
    try {
      process.kill(pid)
    } catch {
      // It has ended just now.
    }
  }
})
