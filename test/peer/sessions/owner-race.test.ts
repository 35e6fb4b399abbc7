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

/** What a bus sends when it is asked for an owner the first time, the second time and so on. */
type Answers = (times: number, say: Words) => Buffer[];

interface Words {
  /** Of the question of that number. */
  nobody(times: number): Buffer;
  owner(times: number): Buffer;
  changed(): Buffer;
}

/** A bus that answers as one does, and sends everything of an answer in one piece. */
function answering(client: Socket, answers: Answers): void {
  const frames = new MessageFrames();
  let serial = 0;
  const reply = (replySerial: number, body: string[]) =>
    encode({ type: 'return', serial: ++serial, replySerial, sender: DRIVER, signature: 's'.repeat(body.length), body });
  const asked: number[] = [];
  const words: Words = {
    nobody: (times) =>
      encode({
        ...{ type: 'error', serial: ++serial, replySerial: asked[times - 1] ?? 0, sender: DRIVER },
        ...{ signature: 's', body: ['no'], errorName: `${DRIVER}.Error.NameHasNoOwner` },
      }),
    owner: (times) => reply(asked[times - 1] ?? 0, [':1.9']),
    changed: () =>
      encode({
        ...{ type: 'signal', serial: ++serial, sender: DRIVER, path: '/org/freedesktop/DBus', interface: DRIVER },
        ...{ member: 'NameOwnerChanged', signature: 'sss', body: [NAME, '', ':1.9'] },
      }),
  };
  client.once('data', () => {
    client.write('OK 0\r\n');
    client.once('data', (begin: Buffer) => {
      const take = (bytes: Buffer) => {
        const call = decode(bytes);
        if (call === undefined) return;
        if (call.member !== 'GetNameOwner')
          return void client.write(reply(call.serial, call.member === 'Hello' ? [':1.1'] : []));
        asked.push(call.serial);
        client.write(Buffer.concat(answers(asked.length, words)));
      };
      frames.push(begin.subarray(begin.indexOf('\n') + 1), take);
      client.on('data', (bytes: Buffer) => frames.push(bytes, take));
    });
  });
}

/** Runs a client against such a bus. @returns the owners that it was told at last */
async function ownersTold(answers: Answers, watch: (client: BusClient, told: (owner?: string) => void) => void) {
  using folder = temporaryFolder();
  const socket = path.join(folder.path, 'bus');
  const server = createServer((peer) => answering(peer, answers)).listen(socket);
  const client = new BusClient([socket], silent);
  const owners: (string | undefined)[] = [];
  try {
    watch(client, (owner) => owners.push(owner));
    await client.start();
    await until(() => owners.length > 0, 'an owner is told');
    await new Promise((resolve) => setTimeout(resolve, 20));
    return [...owners];
  } finally {
    await client.stop();
    server.close();
  }
}

describe('the owner of a name', () => {
  it('that changes while the answer to a question about it is under way is the one that the change tells', async () => {
    const owners = await ownersTold(
      (times, say) => [say.nobody(times), say.changed()],
      (client, told) => client.watchName(NAME, told),
    );
    assert.equal(owners.at(-1), ':1.9');
  });

  it('is not what an old question was answered, where it was asked for again', async () => {
    const owners = await ownersTold(
      (times, say) => (times === 1 ? [say.changed()] : [say.nobody(1), say.owner(2)]),
      (client, told) => {
        const first = client.watchName(NAME, () => {
          first[Symbol.dispose]();
          client.watchName(NAME, told);
        });
      },
    );
    assert.deepEqual(owners, [':1.9']);
  });
});
