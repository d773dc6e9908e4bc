/**
 * What does a camera give? Frames of a camera, or of a test picture, into a monitor of their stream.
 *
 *   node --conditions=nodeacq-source examples/09-camera.ts [number of the camera]
 */
import { Camera, StreamMonitor } from 'nodeacq'

await using camera = new Camera({ name: 'camera' })
for (const { index, name, description } of await camera.listCameras()) console.log(`${index}: ${name} (${description})`)
const number = process.argv[2]
await camera.configure(
  number === undefined ? { lavfi: 'testsrc=size=320x240:rate=30' } : { cameraNum: Number(number), size: '640x480' }
)
await camera.initialize()

await using monitor = new StreamMonitor({ name: 'monitor' })
await monitor.configure({ print: true })
await monitor.input.connect(camera.output)
await monitor.initialize()

await monitor.start()
await camera.start()
await new Promise((resolve) => setTimeout(resolve, 2000))
await camera.stop()
await monitor.stop()
console.log(monitor.report())
