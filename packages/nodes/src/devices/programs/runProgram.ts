import { execFile } from 'node:child_process'
import type { ProgramCall } from './DeviceProgram.ts'

/** What a program wrote until it ended. */
export interface ProgramOutput {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** ms after which a program that lists devices is killed: a camera that hangs must not hang the node. */
const TIMEOUT = 10_000

/** Runs a short program to its end. Never rejects: a program that cannot run has code -1 and the reason on `stderr`. */
export function runProgram({ file, args }: ProgramCall): Promise<ProgramOutput> {
  const options = { timeout: TIMEOUT, killSignal: 'SIGKILL', env: { ...process.env, LC_ALL: 'C' } } as const
  return new Promise((resolve) => {
    const child = execFile(file, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      const reason = error?.killed === true ? `${stderr}no answer within ${TIMEOUT / 1000} s` : stderr
      resolve({ code, stdout, stderr: reason || (error?.message ?? '') })
    })
    child.stdin?.end()
  })
}

/** The first of its words that is none of the program's own greeting, for messages. */
export function firstWords({ stderr, stdout }: ProgramOutput): string {
  const lines = `${stderr}\n${stdout}`.split('\n').map((line) => line.trim())
  return lines.find((line) => line !== '') ?? 'no reason given'
}
