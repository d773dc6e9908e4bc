/** What ffmpeg's filter showinfo says of a frame. */
export interface FrameInfo {
  /** Time of the frame by the clock of the camera, s. */
  readonly time: number
  readonly width: number
  readonly height: number
}

/** Such as `[Parsed_showinfo_0 @ 0x55c1] n:   4 pts:      4 pts_time:0.4     pos:       -1 fmt:rgb24 sar:1/1 s:64x48 i:P …` */
const FRAME = /^\[Parsed_showinfo_\d+ @ [^\]]*\] n: *\d+ pts: *-?\w+ pts_time:(\S+) .*\bs:(\d+)x(\d+) /

/** Lines that ffmpeg writes about what it does, in which no reason for an end is. */
const ROUTINE =
  /^(\[Parsed_showinfo|Input #|Output #|Stream |Stream mapping|Duration|Metadata|encoder|Press \[q\]|frame=|Side data|video:|Exiting)/

export function parseFrameInfo(line: string): FrameInfo | undefined {
  const [, time, width, height] = FRAME.exec(line) ?? []
  if (time === undefined) return undefined
  return { time: Number(time), width: Number(width), height: Number(height) }
}

export function isRoutine(line: string): boolean {
  return ROUTINE.test(line)
}

/** ms that a frame waits for what is said of it, which ffmpeg writes before the frame. */
const PATIENCE = 1000

/** Frames and what is said of them come by two pipes: this is where the one waits for the other. */
export class FrameInfos {
  #infos: FrameInfo[] = []
  #isMute = false
  #wake: (() => void) | undefined

  push(info: FrameInfo): void {
    this.#infos.push(info)
    this.#wake?.()
  }

  /** A program begins: nothing is known of its frames. */
  begin(): void {
    this.#infos = []
    this.#isMute = false
  }

  /** What was said of the next frame; undefined where nothing is, which is then believed of the frames after it too. */
  async next(): Promise<FrameInfo | undefined> {
    if (this.#infos.length === 0 && !this.#isMute) await this.#more()
    if (this.#infos.length === 0) this.#isMute = true
    return this.#isMute ? undefined : this.#infos.shift()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(wake, PATIENCE)
      this.#wake = wake
    })
  }
}
