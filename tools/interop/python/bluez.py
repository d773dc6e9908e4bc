"""
Takes the place of BlueZ on the bus of DBUS_SYSTEM_BUS_ADDRESS, with an adapter, and an MW75 that shows up when it is scanned
for. Prints READY, then each command that is written to the headset. Made with dbus-fast, which bleak uses; its manager of
objects tells what is exported.
"""

import asyncio

from dbus_fast import BusType
from dbus_fast.aio import MessageBus
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_property, method

DEVICE = "/org/bluez/hci0/dev_00_11_22_33_44_55"
ANSWERS = {"099a036001": "099a0360f1", "099a034101": "099a0341f1", "099a0314ff": "099a0314f155"}


class Adapter(ServiceInterface):
    def __init__(self, bus):
        super().__init__("org.bluez.Adapter1")
        self.bus = bus

    @method()
    def StartDiscovery(self):  # noqa: N802
        asyncio.get_running_loop().call_later(0.3, self.bus.export, DEVICE, Device(self.bus))

    @method()
    def StopDiscovery(self):  # noqa: N802
        print("SCANNED", flush=True)


class Device(ServiceInterface):
    def __init__(self, bus):
        super().__init__("org.bluez.Device1")
        self.bus = bus
        self.connected = False

    @dbus_property(access=PropertyAccess.READ)
    def Name(self) -> "s":  # noqa: N802, F821
        return "MW75 Neuro"

    @dbus_property(access=PropertyAccess.READ)
    def Connected(self) -> "b":  # noqa: N802, F821
        return self.connected

    @method()
    def Connect(self):  # noqa: N802
        self.connected = True
        asyncio.get_running_loop().call_later(0.3, self.resolve)

    def resolve(self):
        notify = Characteristic(2)
        self.bus.export(f"{DEVICE}/service0001/char0001", Characteristic(1, notify))
        self.bus.export(f"{DEVICE}/service0001/char0002", notify)


class Characteristic(ServiceInterface):
    def __init__(self, number, answers=None):
        super().__init__("org.bluez.GattCharacteristic1")
        self.uuid = f"0000110{number}-d102-11e1-9b23-00025b00a5a5"
        self.answers = answers
        self.value = b""
        self.notifies = False

    @dbus_property(access=PropertyAccess.READ)
    def UUID(self) -> "s":  # noqa: N802, F821
        return self.uuid

    @dbus_property(access=PropertyAccess.READ)
    def Value(self) -> "ay":  # noqa: N802, F821
        return self.value

    @method()
    def StartNotify(self):  # noqa: N802
        self.notifies = True

    @method()
    def StopNotify(self):  # noqa: N802
        self.notifies = False

    @method()
    def WriteValue(self, value: "ay", _options: "a{sv}"):  # noqa: N802, F722, F821
        print(f"COMMAND {bytes(value).hex()}", flush=True)
        answer = ANSWERS.get(bytes(value).hex())
        if answer:
            asyncio.get_running_loop().call_later(0.02, self.answers.tell, bytes.fromhex(answer))

    def tell(self, value):
        self.value = value
        if self.notifies:
            self.emit_properties_changed({"Value": value})


async def main():
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    bus.export("/org/bluez/hci0", Adapter(bus))
    await bus.request_name("org.bluez")
    print("READY", flush=True)
    await bus.wait_for_disconnect()


asyncio.run(main())
