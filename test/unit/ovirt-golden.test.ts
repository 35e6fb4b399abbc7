import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatMessage, type OvirtMessage, OvirtReader } from '#protocol/ovirt/message.ts';
import { asJson, type Golden, goldenFiles } from '#test/support/golden.ts';
import { revealed } from '#test/support/revealed.ts';
import { splits } from '#test/support/splits.ts';

function read({ from }: Golden, parts: readonly Uint8Array[]): OvirtMessage[] {
  const reader = new OvirtReader(from);
  return parts
    .flatMap((part) => reader.push(part))
    .map((event) => {
      assert.ok(event.kind === 'message', JSON.stringify(event));
      return { ...event.message, members: revealed(event.message.members) };
    });
}

describe('oVirt bytes of real peers', () => {
  for (const golden of goldenFiles('ovirt')) {
    const bytes = Buffer.from(golden.hex, 'hex');

    it(`${golden.file} (${golden.peer}) are read, however they are cut`, () => {
      for (const parts of splits(bytes)) assert.deepEqual(asJson(read(golden, parts)), golden.means);
    });

    it(`${golden.file} (${golden.peer}) are what we write, but for the order of members and the case of escapes`, () => {
      const written = read(golden, [bytes]).map(({ name, members }) => String(formatMessage(name, members)));
      assert.deepEqual(
        written.map(normal),
        bytes
          .toString()
          .split(/(?<=\n)/)
          .map(normal),
      );
    });
  }
});

/** A line by its characters alone: members stand in any order. */
function normal(line: string): string {
  return [...line.replace(/\\u[0-9A-F]{4}/g, (code) => code.toLowerCase())].sort().join('');
}
