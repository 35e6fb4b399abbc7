import { DOORS, type DoorName, wantedPorts } from '../doors.ts';
import { type Check, fail, ok, warn } from '../finding.ts';

const WHO_OFFERS: Readonly<Record<DoorName, string>> = {
  qga: 'the host cannot manage this guest; add the channel org.qemu.guest_agent.0 to the machine',
  ovirt: 'only oVirt hosts offer it; on another host nothing is to be done, or say [channels] ovirt=off',
  vdagent:
    'without it a SPICE client has no clipboard and no resizing; add the channel com.redhat.spice.0 to the machine',
};

/** Are the ports there that the doors want? */
export const ports: Check = {
  name: 'ports',
  decide(facts) {
    const wanted = wantedPorts(facts);
    if (wanted.length === 0) return [ok(`no door uses a virtio-serial port (${DOORS.join(', ')} are set to others)`)];
    if (wanted.every(({ port }) => port === undefined)) {
      const why = facts.ports === undefined ? 'this machine has no virtio-serial device' : 'none of the ports is there';
      return [fail(why, 'add the ports to the machine as shown below')];
    }
    return wanted.map(({ door, name, port }) =>
      port === undefined
        ? warn(`${door}: there is no port ${name}`, WHO_OFFERS[door])
        : ok(`${door}: ${name} is /dev/${port.node}`),
    );
  },
};
