import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { it } from 'node:test';
import { OneSocket } from '#test/support/one-socket.ts';
import { Program, temporaryFolder, without } from '#test/support/programs.ts';
import { READY, relaySector } from '#test/support/relay-sector.js';
import { until } from '#test/support/until.ts';
import { startOurs } from '#test/support/vdagent-guests.ts';
import { VncViewer } from '#test/support/vnc-viewer.ts';

it("QEMU's own qemu-vdagent, without SPICE, has the clipboard both ways and the pointer", {
  skip: without('qemu-system-x86_64'),
}, async () => {
  using folder = temporaryFolder();
  const file = (name: string) => path.join(folder.path, name);
  writeFileSync(file('boot'), relaySector());
  using line = new OneSocket(file('line'));
  using port = new OneSocket(file('port'));
  await using qemu = new Program([
    'qemu-system-x86_64',
    ...['-machine', 'pc,accel=tcg', '-m', '16', '-nodefaults', '-display', 'none', '-vga', 'std'],
    ...['-drive', `file=${file('boot')},format=raw,if=ide`],
    ...['-vnc', `unix:${file('vnc')}`, '-qmp', `unix:${file('qmp')},server=on,wait=off`],
    ...['-chardev', 'qemu-vdagent,id=agent,clipboard=on,mouse=on', '-device', 'isa-serial,chardev=agent'],
    ...['-chardev', `socket,id=guest,path=${file('line')}`, '-device', 'isa-serial,chardev=guest'],
  ]);
  let said: string | undefined;
  await until(() => {
    said ??= line.socket?.read(READY.length)?.toString();
    return said !== undefined || !qemu.running;
  }, 'the boot sector to run');
  assert.equal(said, READY, qemu.stderr);
  await using guest = await startOurs(folder.path, file('port'));
  await until(() => port.socket !== undefined);
  line.join(port);
  using viewer = await VncViewer.open(file('vnc'));

  guest.copy('from the guest');
  await until(() => viewer.texts.length > 0, 'the text in the viewer');
  assert.deepEqual(viewer.texts, ['from the guest']);
  assert.deepEqual(guest.told.splice(0), ['read']);

  const long = 'from the viewer '.repeat(200); // more than one chunk
  viewer.copy(long);
  await until(() => guest.told.includes('grab'));
  guest.paste();
  await until(() => guest.told.length === 2);
  assert.deepEqual(guest.told, ['grab', `content ${long}`]);

  using qmp = new Qmp(file('qmp'));
  qmp.send('input-send-event', {
    events: [
      { type: 'abs', data: { axis: 'x', value: 16_384 } },
      { type: 'abs', data: { axis: 'y', value: 8_192 } },
      { type: 'btn', data: { button: 'left', down: true } },
    ],
  });
  await until(() => guest.pointerRecords().includes('1,272,1'));
  assert.match(guest.pointerRecords().join(' '), /^3,0,\d+ 3,1,\d+ (0,0,0 )?1,272,1 0,0,0$/);
});

/** QEMU's control socket, for commands whose answers are not read. */
class Qmp implements Disposable {
  readonly #socket: Socket;

  constructor(file: string) {
    this.#socket = connect(file);
    this.#socket.on('error', () => {});
    this.#socket.resume();
    this.#socket.write('{"execute": "qmp_capabilities"}\n');
  }

  send(execute: string, args: object): void {
    this.#socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
