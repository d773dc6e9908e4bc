import { isEmotivDongle, loadNodeHid } from '../emotiv/openReports.ts'
import { discover, type Discovery, type FoundDevice } from './FoundDevice.ts'

/** USB devices of the class HID. The dongles of Emotiv are proposed for Emotiv. Never rejects. */
export function listHidDevices(): Promise<Discovery> {
  return discover('hid', async () => {
    const hid = await loadNodeHid()
    const devices = await hid.devicesAsync()
    return devices.flatMap((device): FoundDevice[] => {
      const { path, manufacturer, product, vendorId, productId } = device
      if (path === undefined) return []
      const isDongle = isEmotivDongle(device)
      const ids = `${hex(vendorId)}:${hex(productId)}`
      return [
        {
          kind: 'hid',
          name: path,
          description: [manufacturer, product, ids].filter((word) => word !== undefined && word !== '').join(' '),
          type: isDongle ? 'Emotiv' : null,
          configure: isDongle ? { device: path } : {}
        }
      ]
    })
  })
}

function hex(id: number): string {
  return id.toString(16).padStart(4, '0')
}
