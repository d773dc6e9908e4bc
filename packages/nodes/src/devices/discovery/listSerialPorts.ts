import { loadSerialPort } from '../SerialLine.ts'
import { discover, type Discovery, type FoundDevice } from './FoundDevice.ts'

/** USB ids of the chip in OpenBCI's dongle, FTDI's FT231X; other things have it too. */
const DONGLE = { vendor: '0403', product: '6015' }

/** Serial ports, built in or by USB. Those with the chip of OpenBCI's dongle are proposed for OpenBci. Never rejects. */
export function listSerialPorts(): Promise<Discovery> {
  return discover('serial', async () => {
    const { SerialPort } = await loadSerialPort()
    const ports = await SerialPort.list()
    return ports.map(({ path, manufacturer, serialNumber, vendorId, productId }): FoundDevice => {
      const isDongle = vendorId?.toLowerCase() === DONGLE.vendor && productId?.toLowerCase() === DONGLE.product
      const ids = vendorId === undefined ? undefined : `${vendorId}:${productId ?? '?'}`
      return {
        kind: 'serial',
        name: path,
        description: [manufacturer, ids, serialNumber].filter((word) => word !== undefined).join(' '),
        type: isDongle ? 'OpenBci' : null,
        configure: isDongle ? { port: path } : {}
      }
    })
  })
}
