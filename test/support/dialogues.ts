/**
 * Requests as real hosts write them, byte for byte; the replies do not matter here. Recorded from libvirt 9.0.0
 * (`virsh guestinfo`) and from the Perl client of Proxmox VE's qemu-server, which puts two requests in one write.
 */
export const LIBVIRT = Buffer.from(
  [
    '{"execute":"guest-sync", "arguments":{"id":1795303031000}}',
    '{"execute":"guest-get-users"}',
    '{"execute":"guest-sync", "arguments":{"id":1795303031071}}',
    '{"execute":"guest-get-osinfo"}',
    '{"execute":"guest-sync", "arguments":{"id":1795303031124}}',
    '{"execute":"guest-get-timezone"}',
    '{"execute":"guest-sync", "arguments":{"id":1795303031170}}',
    '{"execute":"guest-network-get-interfaces"}',
    '',
  ].join('\n'),
);

export const PROXMOX = Buffer.from(
  '{"arguments":{"id":41170},"execute":"guest-sync-delimited"}\n{"arguments":{},"execute":"guest-get-host-name"}\n',
);

export interface Mutation {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Every way in which one byte of a dialogue can go wrong. */
export function* mutations(dialogue: Buffer): Generator<Mutation> {
  for (let at = 0; at < dialogue.length; at++) {
    const [before, byte, after] = [dialogue.subarray(0, at), dialogue[at] as number, dialogue.subarray(at + 1)];
    const replace = (...bytes: number[]) => Buffer.concat([before, Buffer.from(bytes), after]);
    for (let bit = 0; bit < 8; bit++)
      yield { name: `bit ${bit} of byte ${at} flipped`, bytes: replace(byte ^ (1 << bit)) };
    yield { name: `byte ${at} dropped`, bytes: replace() };
    yield { name: `byte ${at} doubled`, bytes: replace(byte, byte) };
    for (const extra of [0x00, 0x0a, 0x22, 0x5b, 0x7b, 0x7d, 0xff]) {
      yield { name: `0x${extra.toString(16)} inserted before byte ${at}`, bytes: replace(extra, byte) };
    }
  }
}
