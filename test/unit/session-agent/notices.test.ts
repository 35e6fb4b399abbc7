import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { announcement, hostActs } from '#protocol/ipc/messages/notice.ts';
import { type Notice, NoticesService, showNotice } from '#session-agent/notices/service.ts';
import { sentenceOf } from '#session-agent/notices/words.ts';
import { AgentError } from '#shared/errors.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { FakeBus } from '#test/fakes/bus.ts';
import { FakeLink } from '#test/fakes/served-session.ts';

const acts = (...list: [kind: string, count: number][]) => ({ acts: list.map(([kind, count]) => ({ kind, count })) });

describe('a notice', () => {
  it('is one sentence of kinds and numbers', () => {
    assert.equal(sentenceOf(acts(['program', 1])), 'The host ran a command.');
    assert.equal(sentenceOf(acts(['program', 2], ['file-read', 1])), 'The host ran 2 commands and read a file.');
    assert.equal(
      sentenceOf(acts(['program', 1], ['file-read', 3], ['account', 1])),
      'The host ran a command, read 3 files and looked at or changed an account.',
    );
  });

  it('leaves out what another release knows, and then may be none', () => {
    assert.equal(sentenceOf(acts(['teleport', 2], ['file-written', 2])), 'The host wrote 2 files.');
    assert.equal(sentenceOf(acts(['teleport', 2])), undefined);
    assert.equal(sentenceOf(acts(['constructor', 1])), undefined);
  });

  it('is shown through the notifications of the desktop', async () => {
    const bus = new FakeBus();
    bus.answer = () => [1];
    await showNotice(bus, { title: 'Activity of the host', text: 'The host ran a command & <b>more</b>.' });
    const [call] = bus.calls;
    assert.equal(call?.member, 'Notify');
    assert.deepEqual(call?.body?.slice(0, 5), [
      'uga',
      0,
      'dialog-information',
      'Activity of the host',
      'The host ran a command &amp; &lt;b&gt;more&lt;/b&gt;.',
    ]);
  });

  it('of a shutdown is the text that the host has given', async () => {
    const link = Object.assign(new FakeLink(), { onUp: listen, onDown: listen });
    const shown: Notice[] = [];
    const notify = async (notice: Notice) => void shown.push(notice);
    const service = new NoticesService(notify, link, new MemoryLog());
    await service.start();
    link.say(announcement, { text: 'The host restarts this system in 30 s: Maintenance' });
    assert.deepEqual(shown, [
      { title: 'Message of the host', text: 'The host restarts this system in 30 s: Maintenance' },
    ]);
    await service.stop();
  });

  it('that the desktop does not show is a line of the log and nothing else', async () => {
    const link = Object.assign(new FakeLink(), { onUp: listen, onDown: listen });
    const log = new MemoryLog();
    const service = new NoticesService(() => Promise.reject(new AgentError('not-found', 'no daemon')), link, log);
    await service.start();
    link.say(hostActs, acts(['program', 1]));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      log.lines.map(({ message }) => message),
      ['the desktop did not show a notice'],
    );
    await service.stop();
    assert.equal(link.say(hostActs, acts(['program', 1])), false);
  });
});

const listen = () => ({ [Symbol.dispose]: () => {} });
