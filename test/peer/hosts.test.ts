import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { isThere } from '#test/support/peers.js';
import { Program, without } from '#test/support/programs.ts';

const SCHEMA = '/usr/share/libvirt/schemas/domain.rng';
const folder = mkdtempSync(path.join(tmpdir(), 'uga-hosts-'));
after(() => rmSync(folder, { recursive: true }));

/** The fenced blocks of one kind in a page of docs/hosts. */
function blocksOf(page: string, kind: string): string[] {
  const text = readFileSync(`docs/hosts/${page}.md`, 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block);
}

describe('docs/hosts/libvirt.md', {
  skip: isThere('xmllint') && isThere(SCHEMA) ? false : 'not installed: libxml2-utils, libvirt0',
}, () => {
  const fragments = blocksOf('libvirt', 'xml');

  /** What libvirt's schema says of a domain with this device; undefined when it is fine. */
  const complaint = (device: string): string | undefined => {
    const file = path.join(folder, 'domain.xml');
    writeFileSync(
      file,
      `<domain type='qemu'><name>x</name><memory>1</memory><os><type>hvm</type></os><devices>${device}</devices></domain>`,
    );
    const { status, stderr } = spawnSync('xmllint', ['--noout', '--relaxng', SCHEMA, file], { encoding: 'utf8' });
    return status === 0 ? undefined : stderr;
  };

  it('has the three ways', () => assert.equal(fragments.length, 3));

  for (const fragment of fragments) {
    const title = /type='([\w-]+)'/.exec(fragment)?.[1];
    it(`a ${title} channel is valid for libvirt`, () => assert.equal(complaint(fragment), undefined));
  }

  it('the check can fail', () => assert.match(complaint("<channel type='nonsense'/>") ?? '', /fails to validate/));
});

describe('docs/hosts/qemu.md', { skip: without('qemu-system-x86_64') }, () => {
  const blocks = blocksOf('qemu', 'sh');

  it('has the four ways', () => assert.equal(blocks.length, 4));

  for (const [index, block] of blocks.entries()) {
    it(`QEMU takes block ${index + 1}, and its sockets answer`, async () => {
      const inFolder = block.replaceAll(/\b(path|addr)=([\w.]+)/g, `$1=${folder}/${index}-$2`);
      const sockets = [...inFolder.matchAll(/\b(?:path|addr)=([^,\s]+)/g)].map(([, file = '']) => file);
      const words = ['-machine', 'pc', '-nodefaults', '-display', 'none', '-S', ...inFolder.trim().split(/\s+/)];
      await using qemu = new Program([
        'qemu-system-x86_64',
        ...words,
        '-qmp',
        `unix:${folder}/${index}-qmp,server=on,wait=off`,
      ]);
      for (const file of [...sockets, `${folder}/${index}-qmp`]) {
        await qemu.socket(file);
        const socket = createConnection(file);
        await once(socket, 'connect');
        socket.destroy();
      }
      assert.ok(qemu.running);
    });
  }
});
