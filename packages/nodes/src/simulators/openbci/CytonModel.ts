import {
  CYTON_MODES,
  CYTON_RATES,
  DEFAULT_CHANNEL,
  END_OF_REPLY,
  readChannel,
  readSettings,
  readSwitch,
  SD_FILES,
  settingsText,
  TEST_SIGNALS,
  type ChannelSettings
} from '../../devices/openbci/cytonCommands.ts'

/** Characters of the commands that have more than one, with the first; those of `x` and `z` end with a latch too. */
const LENGTHS: Readonly<Record<string, number>> = { x: 9, z: 5, '/': 2, '~': 2, '`': 2, '\xf0': 2 }
/** ms that a command of several characters may take. */
const COMMAND_TIME = 1000
const RATE_DIGIT = 6
const RADIO_CHANNEL = 7

export interface LeadOff {
  readonly p: boolean
  readonly n: boolean
}

/** A Cyton without its converter: takes commands, keeps settings, replies. Texts are those of the firmware 3.1. */
export class CytonModel {
  isStreaming = false
  /** Sent with each packet while time stamps are on. */
  hasTimeStamps = false
  mode: (typeof CYTON_MODES)[number] = 'default'
  readonly channels: ChannelSettings[] = []
  readonly leadOff: LeadOff[] = []
  /** Markers that were not sent yet. */
  readonly markers: number[] = []
  /** Told when the board begins to count from 0. */
  onStart: (() => void) | undefined
  readonly #hasDaisy: boolean
  readonly #reply: (text: string) => void
  #usesDaisy: boolean
  #rate = RATE_DIGIT
  #command = ''
  #begunAt = 0

  constructor({ hasDaisy, reply }: { hasDaisy: boolean; reply: (text: string) => void }) {
    this.#hasDaisy = hasDaisy
    this.#usesDaisy = hasDaisy
    this.#reply = reply
    this.#reset()
  }

  /** Sixteen channels rather than eight. */
  get usesDaisy(): boolean {
    return this.#usesDaisy
  }

  /** @param now ms */
  receive(bytes: Uint8Array, now: number): void {
    for (const byte of bytes) {
      this.expire(now)
      this.#take(String.fromCharCode(byte), now)
    }
  }

  /** Gives up a command that was not finished in time. @param now ms */
  expire(now: number): void {
    if (this.#command === '' || now - this.#begunAt < COMMAND_TIME) return
    this.#command = ''
    this.#answer('Timeout processing multi byte message - please send all commands at once as of v2')
  }

  #take(character: string, now: number): void {
    if (this.#command === '') {
      if (!(character in LENGTHS)) {
        this.#single(character)
        return
      }
      this.#begunAt = now
    }
    this.#command += character
    const first = this.#command[0]!
    const isLatch = (first === 'x' && character === 'X') || (first === 'z' && character === 'Z')
    if (this.#command.length < LENGTHS[first]! && !isLatch) return
    const command = this.#command
    this.#command = ''
    this.#several(command)
  }

  #single(character: string): void {
    const channel = readSwitch(character)
    if (channel !== undefined) {
      const settings = this.channels[channel.channel - 1]
      if (settings) settings.isOn = channel.isOn
      this.#restart()
    } else if ((Object.values(TEST_SIGNALS) as string[]).includes(character)) {
      for (const settings of this.channels) settings.input = character === '0' ? 'shorted' : 'testSignal'
      this.#settle('Success: Configured internal test signal.')
    } else if ((Object.values(SD_FILES) as string[]).includes(character)) {
      this.#answer(`Wiring is correct and a card is present.\r\nCorresponding SD file OBCI_00.TXT\r\n`)
    } else this.#plain(character)
  }

  #plain(character: string): void {
    switch (character) {
      case 'b':
        this.isStreaming = true
        this.onStart?.()
        return
      case 's':
        this.isStreaming = false
        return
      case 'v':
        this.#reset()
        this.#answer(this.#greeting())
        return
      case 'V':
        this.#answer('v3.1.5')
        return
      case 'd':
        this.#defaults()
        this.#settle('updating channel settings to default')
        return
      case 'D':
        this.#answer(settingsText(DEFAULT_CHANNEL))
        return
      case '?':
        this.#answer(this.#registers())
        return
      case 'c':
        if (this.#usesDaisy) this.#answer('daisy removed')
        this.#usesDaisy = false
        return
      case 'C':
        this.#attachDaisy()
        return
      case '<':
      case '>':
        this.hasTimeStamps = character === '<'
        this.#answer(`Time stamp ${this.hasTimeStamps ? 'ON' : 'OFF'}`)
        return
      case 'j':
        this.#answer('')
    }
  }

  #several(command: string): void {
    const [first, second = ''] = command
    if (first === 'x') this.#setChannel(command)
    else if (first === 'z') this.#setLeadOff(command)
    else if (first === '/') this.#setMode(second)
    else if (first === '~') this.#setRate(second)
    else if (first === '`') this.markers.push(second.charCodeAt(0))
    else this.#radio(second)
  }

  #setChannel(command: string): void {
    if (command.length < LENGTHS['x']!) {
      this.#answer('Failure: too few chars')
    } else if (!command.endsWith('X')) {
      this.#answer('Failure: Err: 9th char not X')
    } else {
      const channel = readChannel(command[1]!)
      const settings = readSettings(command.slice(2, 8))
      if (channel !== undefined && settings !== undefined && this.channels[channel - 1]) {
        this.channels[channel - 1] = settings
      }
      this.#settle(`Success: Channel set for ${channel ?? 1}`)
    }
  }

  #setLeadOff(command: string): void {
    if (command.length < LENGTHS['z']!) {
      this.#answer('Failure: too few chars')
    } else if (!command.endsWith('Z')) {
      this.#answer('Failure: Err: 5th char not Z')
    } else {
      const channel = readChannel(command[1]!) ?? 1
      this.leadOff[channel - 1] = { p: command[2] === '1', n: command[3] === '1' }
      this.#settle(`Success: Lead off set for ${channel}`)
    }
  }

  #setMode(digit: string): void {
    const mode = CYTON_MODES[Number(digit)]
    if (digit === '/') this.#answer(`Success: ${this.mode}`)
    else if (!/\d/.test(digit)) this.#answer('Failure: invalid board mode value.')
    else if (mode === undefined) this.#answer('Failure: board mode value out of bounds.')
    else {
      this.mode = mode
      this.#answer(`Success: ${mode}`)
    }
  }

  #setRate(digit: string): void {
    if (digit !== '~') {
      if (!/\d/.test(digit)) {
        this.#answer('Failure: invalid sample value')
        return
      }
      if (Number(digit) >= CYTON_RATES.length) {
        this.#answer('Failure: sample value out of bounds')
        return
      }
      this.#rate = Number(digit)
    }
    this.#answer(`Success: Sample rate is ${CYTON_RATES[this.#rate]}Hz`)
  }

  /** The dongle itself answers these. */
  #radio(code: string): void {
    if (code === '\x07') this.#answer('Success: System is Up')
    else if (code === '\x00') {
      this.#answer(`Success: Host and Device on Channel number: ${RADIO_CHANNEL}${String.fromCharCode(RADIO_CHANNEL)}`)
    }
  }

  #attachDaisy(): void {
    const isNew = this.#hasDaisy && !this.#usesDaisy
    this.#usesDaisy = this.#hasDaisy
    if (!this.#hasDaisy) this.#answer('no daisy to attach!8')
    else this.#answer(isNew ? 'daisy attached16' : '16')
  }

  #reset(): void {
    this.isStreaming = false
    this.#usesDaisy = this.#hasDaisy
    this.#rate = RATE_DIGIT
    this.markers.length = 0
    this.#defaults()
  }

  #defaults(): void {
    const channels = 16
    this.channels.splice(0, Infinity, ...Array.from({ length: channels }, () => ({ ...DEFAULT_CHANNEL })))
    this.leadOff.splice(0, Infinity, ...Array.from({ length: channels }, () => ({ p: false, n: false })))
  }

  #greeting(): string {
    const daisy = this.#hasDaisy ? ['On Daisy ADS1299 Device ID: 0x3E'] : []
    const lines = ['OpenBCI V3 8-16 channel', 'On Board ADS1299 Device ID: 0x3E', ...daisy, 'LIS3DH Device ID: 0x33']
    return [...lines, 'Firmware: v3.1.2', ''].join('\r\n')
  }

  #registers(): string {
    const rows = this.channels
      .slice(0, 8)
      .map((settings, k) => `CH${k + 1}SET, ${(5 + k).toString(16).padStart(2, '0')}, ${settingsText(settings)}`)
    return ['', 'Board ADS Registers', 'ADS_ID, 00, 3E', ...rows, ''].join('\r\n')
  }

  /** Settings are changed; a stream is stopped for that and begins anew. */
  #settle(reply: string): void {
    this.#answer(reply)
    this.#restart()
  }

  #restart(): void {
    if (this.isStreaming) this.onStart?.()
  }

  /** While it streams, the board says nothing. */
  #answer(text: string): void {
    if (!this.isStreaming) this.#reply(text + END_OF_REPLY)
  }
}
