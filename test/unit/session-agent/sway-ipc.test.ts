import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { encodeSwayMessage, RUN_COMMAND, swayAnswerIn, swayFailureIn } from '#protocol/sway/ipc.ts';
import type { Head, Setting } from '#session-agent/desktop/wayland/monitors/scene.ts';
import { makeModes, ofNoMode } from '#session-agent/desktop/wayland/monitors/wlroots/sway.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const MODE = { id: 1, width: 800, height: 600, refresh: 60_000, isPreferred: true };

function setting(
  name: string,
  width: number,
  height: number,
  more: Partial<Head & Pick<Setting, 'mode'>> = {},
): Setting {
  const { mode, ...rest } = more;
  const head: Head = { name, modes: [MODE], takesAnySize: true, isPrimary: false, ...rest };
  const area = { x: 0, y: 40, width, height };
  return { head, size: { width, height }, area, scale: 1, transform: 0, isPrimary: false, ...(mode && { mode }) };
}

describe("sway's own socket", () => {
  it('has messages of a head and a text, which come in any pieces', () => {
    const bytes = encodeSwayMessage(RUN_COMMAND, 'output ü');
    assert.equal(bytes.toString('hex'), `69332d6970630900000000000000${Buffer.from('output ü').toString('hex')}`);
    for (let end = 0; end < bytes.length; end++) assert.equal(swayAnswerIn(bytes.subarray(0, end)), undefined);
    assert.equal(swayAnswerIn(Buffer.concat([bytes, bytes])), 'output ü');
  });

  it('is given up where it says something else', () => {
    assert.throws(() => swayAnswerIn(Buffer.from('i3-ipx')), { code: 'malformed' });
    assert.throws(() => swayAnswerIn(Buffer.from('HTTP/1.1 200 OK')), { code: 'malformed' });
    const long = encodeSwayMessage(RUN_COMMAND, '');
    long.writeUInt32LE(65_537, 6);
    assert.throws(() => swayAnswerIn(long), { code: 'malformed' });
  });

  it('says what failed', () => {
    assert.equal(swayFailureIn('[{"success":true},{"success":true}]'), undefined);
    assert.equal(
      swayFailureIn('[{"success":true},{"success":false,"error":"no such output"}]'),
      'sway: no such output',
    );
    for (const text of ['[{"success":false}]', '[null]', '[{"success":"true"}]'])
      assert.equal(swayFailureIn(text), 'sway refuses it');
    for (const text of ['', '[', '{}', '[]', 'null']) assert.match(swayFailureIn(text) ?? '', /^sway answers/);
  });

  it('is asked only for sizes that no mode has and that are not shown, of displays with plain names', () => {
    const shown = {
      area: { x: 0, y: 0, width: 904, height: 700 },
      size: { width: 904, height: 700 },
      scale: 1,
      transform: 0,
    };
    const wanted = setting('Virtual-1', 1000, 700, { shown });
    const settings = [
      setting('Virtual-2', 904, 700, { shown }),
      setting('Virtual-3', 800, 600, { mode: MODE }),
      setting('*; exec true', 1000, 700),
      wanted,
    ];
    assert.deepEqual(ofNoMode(settings), [wanted]);
  });

  it('is told the sizes, and its refusal or end is an error', async () => {
    using folder = temporaryFolder();
    const socket = path.join(folder.path, 'sway.sock');
    const asked: string[] = [];
    let answer: string | undefined = '[{"success":true},{"success":true}]';
    const server = createServer((client) => {
      client.on('error', () => {});
      client.on('data', (bytes) => {
        asked.push(swayAnswerIn(bytes) ?? 'half a message');
        if (answer === undefined) client.destroy();
        else client.write(encodeSwayMessage(RUN_COMMAND, answer));
      });
    }).listen(socket);
    await once(server, 'listening');
    try {
      const settings = [setting('Virtual-1', 904, 700), setting('Virtual-2', 640, 480)];
      await makeModes(socket, settings);
      assert.deepEqual(asked, [
        'output Virtual-1 mode --custom 904x700 position 0 40; output Virtual-2 mode --custom 640x480 position 0 40',
      ]);
      answer = '[{"success":false,"error":"no"}]';
      await assert.rejects(makeModes(socket, settings), { code: 'failed', message: 'sway: no' });
      answer = undefined;
      await assert.rejects(makeModes(socket, settings), { code: 'failed', message: 'sway has closed its socket' });
    } finally {
      server.close();
    }
    await assert.rejects(makeModes(path.join(folder.path, 'nobody'), []), { code: 'failed', message: /ENOENT/ });
  });
});
