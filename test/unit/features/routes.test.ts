import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linuxNetwork } from '#system-agent/network/linux.ts';
import { parseIpv4Routes, parseIpv6Routes } from '#system-agent/network/proc-net-route.ts';

const HEADING = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   \n';
/** The kernel prints addresses as words of the machine. */
const word = (...bytes: number[]) =>
  (new Uint32Array(Uint8Array.from(bytes).buffer)[0] ?? 0).toString(16).toUpperCase().padStart(8, '0');

describe('routes', () => {
  it('of IPv4', () => {
    const line = `eth0\t${word(10, 1, 2, 0)}\t${word(192, 0, 2, 1)}\t0003\t4\t5\t600\t${word(255, 255, 255, 0)}\t1500\t7\t8   \n`;
    assert.deepEqual(parseIpv4Routes(HEADING + line), [
      {
        version: 4,
        interface: 'eth0',
        destination: '10.1.2.0',
        gateway: '192.0.2.1',
        mask: '255.255.255.0',
        metric: 600,
        flags: 3,
        references: 4,
        use: 5,
        mtu: 1500,
        window: 7,
        initialRoundTrip: 8,
      },
    ]);
  });

  it('of IPv6, whose numbers are hexadecimal', () => {
    const zero = '0'.repeat(32);
    const line = `20010db8000000000000000000000000 30 ${zero} 00 fe80000000000000505400fffe123456 00000400 0000000a 00000000 80200003     eth0\n`;
    assert.deepEqual(parseIpv6Routes(line), [
      {
        version: 6,
        interface: 'eth0',
        destination: '2001:db8::',
        destinationPrefix: 48,
        source: '::',
        sourcePrefix: 0,
        nextHop: 'fe80::5054:ff:fe12:3456',
        metric: 1024,
        references: 10,
        use: 0,
        flags: 0x80200003,
      },
    ]);
  });

  it('lines that are none are passed over', () => {
    assert.deepEqual(parseIpv4Routes(`${HEADING}\neth0 x y z 0 0 0 q 0 0 0\n`), []);
    assert.deepEqual(parseIpv6Routes('\nnonsense\n'), []);
  });

  it('more than a host could want are an error, not a part', () => {
    const line = `eth0\t${word(10, 1, 2, 0)}\t${word(0, 0, 0, 0)}\t0001\t0\t0\t0\t${word(255, 255, 255, 0)}\t0\t0\t0\n`;
    assert.equal(parseIpv4Routes(HEADING + line.repeat(16_000)).length, 16_000);
    assert.throws(() => parseIpv4Routes(HEADING + line.repeat(20_000)), { code: 'failed', message: /more than 16384/ });
  });

  it('of this machine can be read', () => assert.ok(Array.isArray(linuxNetwork().routes())));
});
