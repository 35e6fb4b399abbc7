import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { QgaClient } from '#host/qga/client.ts';
import { GuestError } from '#host/qga/reply.ts';
import { AgentError } from '#shared/errors.ts';
import { type Script, startGuest, syncReply } from '#test/support/scripted-guest.ts';

/** Short where it is expected to run out, long where it must not. */
const SOON = { timeoutMs: 100 };

/** Answers everything with the name of the command. */
const echo: Script = (request, socket) =>
  request.execute !== 'guest-sync-delimited' && socket.write(`{"return": "${request.execute}"}\n`) !== undefined;

function names(requests: readonly { readonly execute: string }[]): string {
  return requests.map(({ execute }) => (execute === 'guest-sync-delimited' ? 'sync' : execute)).join(' ');
}

describe('a request', () => {
  it('is preceded by 0xFF and a sync on a new connection only', async () => {
    await using guest = await startGuest(echo);
    await using client = await QgaClient.connect(guest.path);
    assert.equal(await client.request('a'), 'a');
    assert.equal(await client.request('b'), 'b');
    assert.equal(names(guest.requests), 'sync a b');
    assert.deepEqual(
      guest.requests.map(({ afterSentinel }) => afterSentinel),
      [true, false, false],
    );
  });

  it('syncs with a new positive id below 2^53 each time', async () => {
    await using guest = await startGuest(echo);
    for (let round = 0; round < 5; round++) {
      await using client = await QgaClient.connect(guest.path);
      await client.request('a');
    }
    const ids = guest.requests.filter(({ afterSentinel }) => afterSentinel).map((request) => request.arguments?.id);
    assert.equal(new Set(ids).size, 5);
    for (const id of ids) assert.ok(Number.isSafeInteger(id) && Number(id) > 0);
  });

  it('gives 64-bit integers exactly, both ways', async () => {
    await using guest = await startGuest((request, socket) => {
      if (request.execute !== 'numbers') return false;
      socket.write('{"return": [18446744073709551615, -9223372036854775808, 9007199254740993]}\n');
      return true;
    });
    await using client = await QgaClient.connect(guest.path);
    const numbers = [18446744073709551615n, -9223372036854775808n, 9007199254740993n];
    assert.deepEqual(await client.request('numbers', { numbers }), numbers);
  });

  it('that the guest refuses gives its class and description, and the stream stays in step', async () => {
    await using guest = await startGuest((request, socket) => {
      if (request.execute !== 'nope') return echo(request, socket);
      return socket.write('{"error": {"class": "CommandNotFound", "desc": "no \\u001b[31m"}}\n');
    });
    await using client = await QgaClient.connect(guest.path);
    await assert.rejects(client.request('nope'), (error) => {
      assert.ok(error instanceof GuestError);
      assert.deepEqual([error.code, error.guestClass, error.desc], ['not-found', 'CommandNotFound', 'no \u001b[31m']);
      return true;
    });
    await client.request('a');
    assert.equal(names(guest.requests), 'sync nope a');
  });

  it('waits its turn, and turns are kept in order', async () => {
    await using guest = await startGuest(echo);
    await using client = await QgaClient.connect(guest.path);
    const commands = ['a', 'b', 'c', 'd'];
    assert.deepEqual(await Promise.all(commands.map((command) => client.request(command))), commands);
    assert.equal(names(guest.requests), 'sync a b c d');
  });

  it('is refused when 64 wait already', async () => {
    await using guest = await startGuest(echo);
    await using client = await QgaClient.connect(guest.path);
    const requests = Array.from({ length: 64 }, () => client.request('a'));
    await assert.rejects(client.request('b'), { code: 'refused' });
    await Promise.all(requests);
    assert.equal(await client.request('c'), 'c');
  });
});

describe('what a guest says unasked', () => {
  for (const [name, bytes] of [
    ['half a line', '{"return": "sta'],
    ['stale replies', '{"return": "stale"}\n{"return": {}}\n'],
    ['a stale sync reply', '\xff{"return": 5}\n'],
    ['errors about our 0xFF', '{"error": {"class": "GenericError", "desc": "JSON parse error, stray"}}\n'],
    ['binary garbage', '\x00\x01\xfe\xff\xff\n\x80\r\n{[}'],
    ['lines beyond the limit', `${'x'.repeat(5000)}\n${'y'.repeat(5000)}`],
    ['a delimited line beyond the limit of a sync reply', `\xff${'z'.repeat(900)}\n`],
  ] as const) {
    it(`before the sync reply is skipped: ${name}`, async () => {
      await using guest = await startGuest((request, socket) => {
        if (request.execute === 'guest-sync-delimited') socket.write(Buffer.from(bytes, 'latin1'));
        return echo(request, socket);
      });
      await using client = await QgaClient.connect(guest.path, { maxReplyBytes: 1000 });
      assert.equal(await client.request('a'), 'a');
    });
  }

  for (const [name, bytes] of [
    ['a whole line', '{"return": "forged"}\n'],
    ['half a line', '{"ret'],
  ] as const) {
    it(`right after a reply is not the next answer, the next request syncs: ${name}`, async () => {
      await using guest = await startGuest((request, socket) =>
        request.execute === 'a' ? socket.write(`{"return": "a"}\n${bytes}`) : echo(request, socket),
      );
      await using client = await QgaClient.connect(guest.path);
      assert.equal(await client.request('a'), 'a');
      assert.equal(await client.request('b'), 'b');
      assert.equal(names(guest.requests), 'sync a sync b');
    });
  }

  it('as a sync reply with another id does not end the sync', async () => {
    let ready = Promise.resolve();
    await using guest = await startGuest((request, socket) => {
      if (request.execute === 'guest-sync-delimited') {
        socket.write(Buffer.from('\xff{"return": 5}\n', 'latin1'));
        ready = sleep(50).then(() => void socket.write(syncReply(request)));
      } else void ready.then(() => echo(request, socket)); // like an agent, in the order of the requests
      return true;
    });
    await using client = await QgaClient.connect(guest.path);
    assert.equal(await client.request('a'), 'a');
  });
});

describe('a reply', () => {
  for (const [name, line] of [
    ['that is not JSON', 'hello'],
    ['that is no object', '[1]'],
    ['of two values', '{"return": 1} {"return": 2}'],
    ['that is cut short', '{"return": {"a": 1}'],
    ['with neither return nor error', '{"id": 4}'],
    ['with an error that is no error object', '{"error": "x"}'],
    ['with an error without class', '{"error": {"desc": "x"}}'],
    ['nested beyond 1024', `{"return": ${'['.repeat(1100)}${']'.repeat(1100)}}`],
    ['of brackets only', '}'.repeat(500_000)],
    ['longer than the limit', `{"return": "${'x'.repeat(1_000_000)}"}`],
  ] as const) {
    it(`${name} is malformed, and the next request syncs and works`, async () => {
      await using guest = await startGuest((request, socket) => {
        if (request.execute !== 'bad') return echo(request, socket);
        socket.write(`${line}\n`);
        return true;
      });
      await using client = await QgaClient.connect(guest.path, { maxReplyBytes: 900_000 });
      await assert.rejects(client.request('bad'), { code: 'malformed' });
      assert.equal(await client.request('a'), 'a');
      assert.equal(names(guest.requests), 'sync bad sync a');
    });
  }

  it('of 100 MiB is refused at the limit without being kept', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    await using guest = await startGuest((request, socket) => {
      if (request.execute !== 'huge') return echo(request, socket);
      socket.write('{"return": "');
      for (let sent = 0; sent < 100; sent++) socket.write(chunk);
      socket.write('"}\n');
      return true;
    });
    await using client = await QgaClient.connect(guest.path, { maxReplyBytes: 4 * 1024 * 1024 });
    await assert.rejects(client.request('huge'), { code: 'malformed', message: 'the reply is longer than the limit' });
    assert.equal(await client.request('a'), 'a');
  });
});

describe('a timeout', () => {
  it('makes the next request sync, and the late reply is not its answer', async () => {
    await using guest = await startGuest((request, socket) => {
      if (request.execute === 'slow') return true;
      if (request.execute === 'guest-sync-delimited' && names(guest.requests).includes('slow')) {
        socket.write('{"return": "late"}\n');
      }
      return echo(request, socket);
    });
    await using client = await QgaClient.connect(guest.path);
    await assert.rejects(client.request('slow', undefined, SOON), {
      code: 'timeout',
      message: 'no answer to slow within 0.1 s',
    });
    assert.equal(await client.request('a'), 'a');
    assert.equal(names(guest.requests), 'sync slow sync a');
  });

  it('in the sync says so, and a late sync reply with the old id is not accepted', async () => {
    let held: Buffer | undefined;
    await using guest = await startGuest((request, socket) => {
      if (request.execute !== 'guest-sync-delimited') return echo(request, socket);
      if (held === undefined) held = syncReply(request);
      else socket.write(Buffer.concat([held, Buffer.from('{"return": "stale"}\n'), syncReply(request)]));
      return true;
    });
    await using client = await QgaClient.connect(guest.path);
    await assert.rejects(client.request('a', undefined, SOON), {
      message: /^no answer to guest-sync-delimited within/,
    });
    assert.equal(await client.request('b'), 'b');
  });

  it('covers the wait for earlier requests', async () => {
    await using guest = await startGuest((request, socket) => request.execute === 'slow' || echo(request, socket));
    await using client = await QgaClient.connect(guest.path);
    const slow = client.request('slow', undefined, { timeoutMs: 500 });
    const second = client.request('b', undefined, SOON);
    const third = client.request('c');
    await assert.rejects(second, { code: 'timeout', message: 'earlier requests did not end within 0.1 s' });
    await assert.rejects(slow, { code: 'timeout' });
    assert.equal(await third, 'c');
  });

  it('ends a request to a guest that does not read, and nothing piles up', async () => {
    let resume = (): void => {};
    await using guest = await startGuest((request, socket) => {
      if (request.execute !== 'stop') return echo(request, socket);
      socket.pause();
      resume = () => void socket.resume();
      return socket.write('{"return": {}}\n');
    });
    await using client = await QgaClient.connect(guest.path);
    await client.request('stop');
    const args = { data: 'x'.repeat(4 * 1024 * 1024) };
    for (let round = 0; round < 5; round++) {
      await assert.rejects(client.request('a', args, { timeoutMs: 50 }), { code: 'timeout' });
    }
    resume();
    assert.equal(await client.request('b'), 'b');
    assert.equal(names(guest.requests), 'sync stop a sync b');
  });
});

describe('an aborted request', () => {
  it('is cancelled, and the next one syncs', async () => {
    await using guest = await startGuest((request, socket) => request.execute === 'slow' || echo(request, socket));
    await using client = await QgaClient.connect(guest.path);
    const abort = new AbortController();
    const slow = client.request('slow', undefined, { signal: abort.signal });
    setImmediate(() => abort.abort());
    await assert.rejects(slow, { code: 'cancelled' });
    assert.equal(await client.request('a'), 'a');
    assert.equal(names(guest.requests).split(' ').at(-2), 'sync');
  });

  it('is not sent when the signal was aborted before', async () => {
    await using guest = await startGuest(echo);
    await using client = await QgaClient.connect(guest.path);
    await assert.rejects(client.request('a', undefined, { signal: AbortSignal.abort() }), { code: 'cancelled' });
    assert.deepEqual(guest.requests, []);
  });
});

describe('a command without reply on success', () => {
  const tell = async (script: Script) => {
    await using guest = await startGuest(script);
    await using client = await QgaClient.connect(guest.path);
    return await client.tell('guest-shutdown', { mode: 'reboot' }, { graceMs: 100 });
  };

  it('has succeeded when the channel closes', async () => {
    const told = await tell((request, socket) => {
      if (request.execute === 'guest-shutdown') socket.destroy();
      return false;
    });
    assert.equal(told, 'closed');
  });

  it('has succeeded when nothing comes for the grace time', async () =>
    assert.equal(await tell(() => false), 'silent'));

  it('may be answered all the same', async () => assert.equal(await tell(echo), 'replied'));

  it('fails with the error the guest sends', async () => {
    const script: Script = (request, socket) =>
      request.execute === 'guest-shutdown' && socket.write('{"error": {"class": "GenericError", "desc": "no"}}\n');
    await assert.rejects(tell(script), { guestClass: 'GenericError' });
  });

  it('is always preceded by a sync, so that an agent is there', async () => {
    await using guest = await startGuest(echo);
    await using client = await QgaClient.connect(guest.path);
    await client.request('a');
    assert.equal(await client.tell('guest-shutdown'), 'replied');
    assert.equal(names(guest.requests), 'sync a sync guest-shutdown');
  });

  it('is not sent when nobody answers the sync, and that is no success', async () => {
    await using guest = await startGuest(() => true);
    await using client = await QgaClient.connect(guest.path);
    await assert.rejects(client.tell('guest-shutdown', undefined, SOON), { code: 'timeout' });
    assert.equal(names(guest.requests), 'sync');
  });
});

describe('a connection', () => {
  it('that cannot be made says why', async () => {
    await assert.rejects(QgaClient.connect('/nonexistent/qga.sock'), { code: 'failed', message: /ENOENT/ });
  });

  it('that is lost fails what is under way and what comes later', async () => {
    await using guest = await startGuest((request, socket) => {
      if (request.execute === 'die') socket.destroy();
      return echo(request, socket);
    });
    await using client = await QgaClient.connect(guest.path);
    const die = client.request('die');
    const next = client.request('a');
    await assert.rejects(die, { code: 'failed', message: /the connection is lost/ });
    await assert.rejects(next, { code: 'failed', message: /the connection is lost/ });
    assert.equal(client.isClosed, true);
  });

  it('that is closed by us fails what is under way', async () => {
    await using guest = await startGuest(() => true);
    const client = await QgaClient.connect(guest.path);
    const pending = assert.rejects(client.request('a'), { code: 'failed' });
    await client.close();
    await client.close();
    await pending;
  });
});

it('a dialogue cut at every byte gives the same answers', async () => {
  const one = (bytes: Buffer, write: (part: Buffer) => void) => {
    for (const byte of bytes) write(Buffer.of(byte));
  };
  await using guest = await startGuest((request, socket) => {
    const isSync = request.execute === 'guest-sync-delimited';
    const reply = isSync ? syncReply(request) : Buffer.from(`{"return": "${request.execute}"}\n`);
    socket.setNoDelay(true);
    one(Buffer.concat([Buffer.from(isSync ? '{"return": "ol' : ''), reply]), (part) => socket.write(part));
    return true;
  });
  await using client = await QgaClient.connect(guest.path);
  assert.deepEqual([await client.request('a'), await client.request('b')], ['a', 'b']);
});

describe('a reply with one wrong byte, at every position,', () => {
  const good = Buffer.from('{"return": ["a", 1]}\n');
  const mutations: Record<string, (at: number) => Buffer> = {
    'is dropped': (at) => Buffer.concat([good.subarray(0, at), good.subarray(at + 1)]),
    'is doubled': (at) => Buffer.concat([good.subarray(0, at + 1), good.subarray(at)]),
    'is flipped': (at) => good.map((byte, index) => (index === at ? byte ^ 0x80 : byte)) as Buffer,
    'has a newline before it': (at) => Buffer.concat([good.subarray(0, at), Buffer.from('\n'), good.subarray(at)]),
    'has 0xFF before it': (at) => Buffer.concat([good.subarray(0, at), Buffer.of(0xff), good.subarray(at)]),
  };
  for (const [name, mutate] of Object.entries(mutations)) {
    it(`which ${name}: the next answer is the right one (L1)`, async () => {
      let at = 0;
      await using guest = await startGuest((request, socket) =>
        request.execute === 'bad' ? socket.write(mutate(at)) : echo(request, socket),
      );
      await using client = await QgaClient.connect(guest.path);
      for (at = 0; at < good.length; at++) {
        const settled = await client.request('bad', undefined, SOON).catch((error: unknown) => error);
        assert.ok(Array.isArray(settled) || settled instanceof AgentError, `position ${at}: ${settled}`);
        assert.equal(await client.request(`after-${at}`), `after-${at}`);
      }
    });
  }
});
