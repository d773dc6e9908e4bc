import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseDType } from '@nodeacq/ndarray'
import { certificatePath, writeCertificate, type Certificate } from '@nodeacq/nodes'
import { onLogRecord, setLogDisplay, setLogLevel, type LogLevel } from '@nodeacq/rpc'
import { InvalidArgumentError, Option, type Command } from 'commander'
import '../standardTypes.ts'
import { certify } from '../certify/certify.ts'
import { defaultChunkSize, MIN_CHUNK_BYTES, type CertifyPlan } from '../certify/CertifyPlan.ts'
import { parseShape, shapeRate, type DeviceShape } from '../certify/parseShape.ts'
import { ArgumentError, RunError } from '../errors.ts'
import { existingFolder } from '../run/requirements.ts'
import { certifyHeadline } from '../screen/certificateLines.ts'
import { CertifyScreen } from '../screen/CertifyScreen.ts'
import { parseAddress, parseCount, parseNumber, parseSeconds } from './options.ts'
import { EXIT, LOG_LEVELS, type ExitCode, type Output } from './Output.ts'
import { StopSignals } from './StopSignals.ts'

interface CertifyCommandOptions {
  readonly shape: DeviceShape
  readonly devices: number
  readonly chunk?: number
  readonly seconds: number
  readonly hours: number
  readonly disk: string
  readonly host?: string
  readonly transfer: CertifyPlan['transferMode']
  readonly maxLatency: number
  readonly margin: number
  readonly limit: number
  readonly out?: string
  readonly json?: true
  readonly logLevel: LogLevel
}

/** What certify is tried with when nothing is asked for: an amplifier of 64 channels. */
const DEFAULT_SHAPE = '64x1000:float32'

/** `nodeacq certify`: measures whether this machine records what somebody wants to record, and with what margin. */
export function addCertifyCommand(program: Command, output: Output, done: (code: ExitCode) => void): void {
  program
    .command('certify')
    .summary('measure whether this machine can record your devices')
    .description(
      'Records simulated devices of your shape to your disk, with viewers beside, at the rate you want and then at ' +
        'higher ones until it is too much. Says the largest safe rate, latencies, the speed of the disk and how long it ' +
        'lasts, and writes a certificate that recorders put beside their data. ' +
        'Exit code: 0 safe; 1 marginal, not safe or stopped; 2 an argument is wrong.'
    )
    .addOption(
      new Option('--shape <shape>', 'of each device: <channels>x<rate in Hz>:<dtype>')
        .argParser(parseShapeOption)
        .default(parseShape(DEFAULT_SHAPE), DEFAULT_SHAPE)
    )
    .option('--devices <count>', 'how many of them', parseCount, 1)
    .option('--chunk <samples>', 'samples that a device sends at once (default: 10 ms)', parseCount)
    .option(
      '--seconds <seconds>',
      'time at the wanted rate; the rest takes about three times as long',
      parseSeconds,
      10
    )
    .option('--hours <hours>', 'time that the disk has to last', parseNumber({ above: 0 }), 1)
    .option('--disk <folder>', 'where you record to; it may not exist yet', '.')
    .option('--host <address>', 'put the devices on another machine: address of its host_server', parseAddress)
    .addOption(
      new Option('--transfer <mode>', 'how chunks travel')
        .choices(['plaindata', 'sharedmem'] satisfies CertifyPlan['transferMode'][])
        .default('plaindata')
    )
    .option('--max-latency <ms>', 'that 99 % of the chunks may take to a viewer', parseNumber({ above: 0 }), 100)
    .option('--margin <factor>', 'a rate is safe when this times as much still is', parseNumber({ atLeast: 1 }), 1.5)
    .option('--limit <factor>', 'times the wanted rate at which to stop raising it', parseNumber({ atLeast: 1 }), 8)
    .option('--out <file>', 'where to write the certificate (default: where recorders look for it)')
    .option('--json', 'print the certificate, and nothing else on standard output')
    .addOption(
      new Option('--log-level <level>', 'log records to show, on standard error').choices(LOG_LEVELS).default('error')
    )
    .addHelpText(
      'after',
      `
Examples:
  $ nodeacq certify --shape 384x30000:int16 --devices 4 --disk /data
  $ nodeacq certify --shape 32x5k --seconds 60 --hours 8 --disk ./recordings
  $ nodeacq certify --shape 384x30000:int16 --host tcp://10.0.0.5:8000 --json > certificate.json`
    )
    .action(async (options: CertifyCommandOptions) => {
      setLogLevel(options.logLevel)
      const plan = await planOf(options)
      const file = options.out === undefined ? certificatePath() : resolve(options.out)
      // Better told now than after the measurement.
      if (file !== undefined && (await stat(file).catch(() => undefined))?.isDirectory()) {
        throw new ArgumentError(`--out ${file}: expected a file, got a folder`)
      }
      const certificate = await certifyOnScreen(plan, {
        output,
        json: options.json ?? false,
        debug: options.logLevel === 'debug',
        file
      })
      done(certificate.verdict.result === 'safe' ? EXIT.ok : EXIT.notOk)
    })
}

async function planOf(options: CertifyCommandOptions): Promise<CertifyPlan> {
  const { shape, devices, seconds, hours, host, transfer, maxLatency, margin, limit, disk } = options
  const { itemSize } = parseDType(shape.dtype)
  const chunkSize = options.chunk ?? defaultChunkSize(shape, itemSize)
  if (chunkSize * shape.channels * itemSize < MIN_CHUNK_BYTES) {
    throw new ArgumentError(`--chunk ${chunkSize}: expected chunks of at least ${MIN_CHUNK_BYTES} bytes`)
  }
  if (host !== undefined && transfer === 'sharedmem') {
    throw new ArgumentError('--transfer sharedmem works within one machine; leave out --host')
  }
  // What does not exist yet would be made on the disk of the folder above it.
  const folder = await existingFolder(resolve(disk))
  return { shape, devices, chunkSize, seconds, hours, folder, host, transferMode: transfer, maxLatency, margin, limit }
}

async function certifyOnScreen(
  plan: CertifyPlan,
  { output, json, debug, file }: { output: Output; json: boolean; debug: boolean; file: string | undefined }
): Promise<Certificate> {
  const screen = new CertifyScreen(output, { json, debug })
  setLogDisplay(false)
  const unlisten = onLogRecord((record) => screen.log(record))
  using signals = new StopSignals()
  try {
    const { shape, devices, chunkSize, hours, folder, host } = plan
    const wanted = { ...shape, devices, chunkSize, hours, bytesPerSecond: shapeRate(shape, devices) }
    signals.first.addEventListener('abort', () => screen.say('stopping; once more to end at once'))
    screen.say(certifyHeadline(wanted, { folder, host }))
    const certificate = await certify(plan, {
      signal: signals.first,
      kill: signals.second,
      onStep: (step) => screen.step(step),
      onTrial: (trial) => screen.trial(trial)
    })
    screen.end(certificate)
    await save(certificate, file, (text) => (json ? output.stderr : output.stdout).write(`${text}\n`))
    return certificate
  } finally {
    screen.close()
    unlisten()
    setLogDisplay(true)
  }
}

async function save(certificate: Certificate, file: string | undefined, say: (text: string) => void): Promise<void> {
  if (!certificate.complete) return say('no certificate is written, as the measurement did not come to its end')
  if (file === undefined) return say('no certificate is written, as NODEACQ_CERTIFICATE is empty')
  try {
    await writeCertificate(file, certificate)
  } catch (cause) {
    throw new RunError(`${file}: the certificate cannot be written: ${(cause as Error).message}`, { cause })
  }
  say(`certificate written to ${file}`)
}

function parseShapeOption(text: string): DeviceShape {
  try {
    return parseShape(text)
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`)
  }
}
