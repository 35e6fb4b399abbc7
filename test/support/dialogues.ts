/**
 * What libvirt 9.0.0 wrote to the agent for `virsh qemu-agent-command` with guest-ping and guest-info and for
 * `virsh guestinfo`, byte for byte, seen with `strace -f -e trace=write` on libvirtd.
 */
export const LIBVIRT = Buffer.from(
  [
    '{"execute":"guest-sync", "arguments":{"id":1795309863917}}',
    '{"execute":"guest-ping"}',
    '{"execute":"guest-info"}',
    '{"execute":"guest-get-users"}',
    '{"execute":"guest-get-osinfo"}',
    '{"execute":"guest-get-timezone"}',
    '{"execute":"guest-get-host-name"}',
    '{"execute":"guest-network-get-interfaces"}',
    '',
  ].join('\n'),
);

/** Two requests in one write, as the Perl client of Proxmox VE builds them; made by hand after its source. */
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
