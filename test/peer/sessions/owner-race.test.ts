import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { BusClient } from '#shared/dbus/client.ts';
import { decode, encode } from '#shared/dbus/codec.ts';
import { MessageFrames } from '#shared/dbus/frames.ts';
import { silent } from '#shared/log/log.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const DRIVER = 'org.freedesktop.DBus';
const NAME = 'org.example.Service';

/** A bus that answers as one does, and sends what comes right after an answer in the same piece as the answer. */
function answerAll(client: Socket): void {
  const frames = new MessageFrames();
  let serial = 0;
  const reply = (replySerial: number, body: string[]) =>
    encode({ type: 'return', serial: ++serial, replySerial, sender: DRIVER, signature: 's'.repeat(body.length), body });
  client.once('data', () => {
    client.write('OK 0\r\n');
    client.once('data', (begin: Buffer) => {
      const take = (bytes: Buffer) => {
        const call = decode(bytes);
        if (call === undefined) return;
        if (call.member !== 'GetNameOwner')
          return void client.write(reply(call.serial, call.member === 'Hello' ? [':1.1'] : []));
        const nobody = encode({
          ...{
            type: 'error',
            serial: ++serial,
            replySerial: call.serial,
            sender: DRIVER,
            signature: 's',
            body: ['no'],
          },
          errorName: `${DRIVER}.Error.NameHasNoOwner`,
        });
        const changed = encode({
          ...{ type: 'signal', serial: ++serial, sender: DRIVER, path: '/org/freedesktop/DBus', interface: DRIVER },
          ...{ member: 'NameOwnerChanged', signature: 'sss', body: [NAME, '', ':1.9'] },
        });
        client.write(Buffer.concat([nobody, changed]));
      };
      frames.push(begin.subarray(begin.indexOf('\n') + 1), take);
      client.on('data', (bytes: Buffer) => frames.push(bytes, take));
    });
  });
}

describe('the owner of a name', () => {
  it('that changes while the answer to a question about it is under way is the one that the change tells', async () => {
    using folder = temporaryFolder();
    const socket = path.join(folder.path, 'bus');
    const server = createServer(answerAll).listen(socket);
    const client = new BusClient([socket], silent);
    const owners: (string | undefined)[] = [];
    try {
      client.watchName(NAME, (owner) => owners.push(owner));
      await client.start();
      await until(() => owners.length > 0, 'an owner is told');
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(owners.at(-1), ':1.9');
    } finally {
      await client.stop();
      server.close();
    }
  });
});
