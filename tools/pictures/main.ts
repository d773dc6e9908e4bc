import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drawPicture } from '../bench/drawPicture.ts'
import { ROOT } from '../workspace.ts'
import { drawPanels } from './drawPanels.ts'
import { triggerPicture } from './dsp/events.ts'
import { filterPictures, ratePicture, referencePicture } from './dsp/filters.ts'
import { spectrumPicture } from './dsp/spectra.ts'
import { delays, gains } from './filterDesign.ts'
import { triggerPictures } from './triggers.ts'

/**
 * Draws the pictures of docs/guides/filter-design.md and, from what the nodes give, those of dsp.md and triggers.md:
 * `node --conditions=nodeacq-source tools/pictures/main.ts`.
 */
const FOLDER = join(ROOT, 'docs/guides/pictures')

const filters = await filterPictures()
const pictures = [gains, delays, filters.delays, await ratePicture(), ...(await triggerPictures())]
const panels = [filters.panels, await referencePicture(), await spectrumPicture(), await triggerPicture()]

await mkdir(FOLDER, { recursive: true })
for (const picture of pictures) await writeFile(join(FOLDER, `${picture.file}.svg`), drawPicture(picture))
for (const picture of panels) await writeFile(join(FOLDER, `${picture.file}.svg`), drawPanels(picture))
