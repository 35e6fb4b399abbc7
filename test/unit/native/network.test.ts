import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { interfaceAddresses } from '#shared/native/network.ts';

describe('interface addresses', () => {
  const entries = interfaceAddresses();

  it('name every interface of the kernel with its hardware address', () => {
    const links = entries.filter((entry) => entry.family === 'packet');
    const folder = '/sys/class/net';
    const names = readdirSync(folder).filter((name) => existsSync(`${folder}/${name}/address`));
    assert.deepEqual(links.map((link) => link.name).sort(), names.sort());
    for (const { name, hardwareAddress } of links) {
      const known = readFileSync(`${folder}/${name}/address`, 'utf8').trim();
      assert.match(hardwareAddress, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      assert.ok(hardwareAddress.startsWith(known.slice(0, 17)), `${name}: ${hardwareAddress} ${known}`);
    }
  });

  it('tell which interfaces are up and which lead back', () => {
    for (const link of entries.filter((entry) => entry.family === 'packet')) {
      const flags = Number(readFileSync(`/sys/class/net/${link.name}/flags`, 'utf8'));
      assert.equal(link.up, (flags & 1) !== 0, link.name);
      assert.equal(link.loopback, (flags & 8) !== 0, link.name);
    }
  });

  it('have the addresses and prefixes that Node knows of interfaces that are up', () => {
    const known = Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
      list.map(({ address, cidr }) => `${name} ${address}/${cidr?.split('/')[1]}`),
    );
    const ours = entries.flatMap((entry) =>
      entry.family === 'packet' ? [] : [`${entry.name} ${entry.address}/${entry.prefix}`],
    );
    for (const address of known) assert.ok(ours.includes(address), `${address} of ${ours}`);
    assert.ok(ours.every((text) => !text.includes('%')));
  });

  it('put links first, then IPv4, then IPv6', () => {
    const order = entries.map((entry) => ['packet', 'ipv4', 'ipv6'].indexOf(entry.family));
    assert.deepEqual(order, order.toSorted());
  });

  it('are read again and again without holding memory', () => {
    for (let i = 0; i < 1000; i++) interfaceAddresses();
    const before = dataKilobytes();
    for (let i = 0; i < 20_000; i++) interfaceAddresses();
    assert.ok(dataKilobytes() - before < 20_000, 'less than 20 MB for 20,000 calls');
  });
});

/** Private memory of this process; a leaked list of a few interfaces would be some KB a call. */
function dataKilobytes(): number {
  globalThis.gc?.();
  return Number(/VmData:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
