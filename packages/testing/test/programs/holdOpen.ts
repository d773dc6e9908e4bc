/** Keeps the file named by its argument open until it is killed. */
import { openSync } from 'node:fs'

openSync(process.argv[2] ?? '', 'r')
process.stdout.write('open\n')
process.stdin.resume()
