import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import { hasMark, writeAvailable } from '#shared/native/descriptor.ts';
import type { ChannelEvents } from '#system-agent/channels/channel.ts';
import { serialLine } from '#system-agent/channels/serial-line.ts';
import { virtioPort } from '#system-agent/channels/virtio-port.ts';
import { FakeStore } from '#test/fakes/descriptor-store.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { TerminalPair } from '#test/support/terminal-pair.ts';
import { until } from '#test/support/until.ts';

const NAME = 'org.example.port.0';
const KEY = `virtio:${NAME}`;

/** A door that is at rest when the last line it got was "end". */
class Door implements ChannelEvents {
  said = '';
  isOwing = false;
  connected(): void {}
  data(bytes: Uint8Array): void {
    this.said += Buffer.from(bytes).toString();
  }
  drained(): void {}
  ended(): void {}
  disconnected(): void {}
  get isAtRest(): boolean {
    return !this.isOwing && (this.said === '' || this.said.endsWith('end\n'));
  }
}

/** A terminal stands in for the port. */
describe('a port that is kept for the next run', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let store: FakeStore;
  let pair: TerminalPair;
  let log: MemoryLog;
  const port = () => path.join(folder.path, 'virtio-ports', NAME);
  const run = (door: Door = new Door()) => {
    const roots = { dev: folder.path, sys: path.join(folder.path, 'sys') };
    const channel = virtioPort([NAME], log, { roots, store });
    channel.open(door);
    return { channel, door };
  };
  const hostSays = (text: string) => writeAvailable(pair.host, Buffer.from(text));
  const keptFd = () => store.kept.get(KEY) ?? -1;

  beforeEach(() => {
    folder = temporaryFolder();
    store = new FakeStore();
    pair = new TerminalPair();
    log = new MemoryLog();
    mkdirSync(path.dirname(port()));
    symlinkSync(pair.path, port());
  });
  afterEach(() => {
    store[Symbol.dispose]();
    pair[Symbol.dispose]();
    folder[Symbol.dispose]();
  });

  it('is not opened again, and what the host said in between is read', async () => {
    const first = run();
    await until(() => first.channel.state === 'connected');
    hostSays('one end\n');
    await until(() => first.door.said === 'one end\n' && !hasMark(keptFd()));
    await first.channel.close();
    hostSays('two end\n');
    rmSync(port()); // so that nothing can be opened
    store.restart();
    const second = run();
    await until(() => second.door.said === 'two end\n');
    assert.equal(second.channel.state, 'connected');
    await second.channel.close();
    assert.ok(store.kept.has(KEY));
  });

  for (const [what, door] of [
    ['a message was half read', () => new Door()],
    ['a request was unanswered', () => Object.assign(new Door(), { isOwing: true })],
  ] as const) {
    it(`is closed and opened again when the last run ended while ${what}`, async () => {
      const first = run(door());
      await until(() => first.channel.state === 'connected');
      hostSays(what === 'a message was half read' ? 'half\n' : 'whole end\n');
      await until(() => first.door.said !== '');
      assert.ok(hasMark(keptFd()));
      await first.channel.close();
      store.restart();
      const second = run();
      assert.equal(second.channel.state, 'missing');
      assert.equal(store.kept.size, 0);
      await until(() => second.channel.state === 'connected');
      assert.ok(store.kept.has(KEY) && !hasMark(keptFd()));
      await second.channel.close();
    });
  }

  it('bears its mark while bytes wait to be sent', async () => {
    const { channel } = run();
    await until(() => channel.state === 'connected');
    channel.write(Buffer.alloc(1024 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(hasMark(keptFd()));
    const sink = Buffer.alloc(64 * 1024);
    const { readAvailable } = await import('#shared/native/descriptor.ts');
    await until(() => {
      readAvailable(pair.host, sink);
      return !hasMark(keptFd());
    });
    await channel.close();
  });

  it('is forgotten when it is reset, and kept when it is opened again', async () => {
    const { channel } = run();
    await until(() => channel.state === 'connected');
    channel.reset('the test says so');
    assert.equal(store.kept.size, 0);
    await until(() => channel.state === 'connected');
    assert.ok(store.kept.has(KEY));
    await channel.close();
  });

  it('that nobody wants any more is closed', async () => {
    await run().channel.close();
    store.restart();
    store.forgetRest();
    assert.equal(store.kept.size, 0);
  });

  it('is no serial line, whose host cannot be told from none', async () => {
    const channel = serialLine(pair.path, log);
    channel.open(new Door());
    assert.equal(store.kept.size, 0);
    await channel.close();
  });
});
