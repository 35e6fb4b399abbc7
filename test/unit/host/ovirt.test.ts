import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '#host/main.ts';
import { OvirtClient } from '#host/ovirt/client.ts';
import { type OvirtScript, startOvirtGuest } from '#test/support/ovirt-guest.ts';
import { listenAsGuest } from '#test/support/scripted-guest.ts';
import { fakeIo } from '#test/support/terminal.ts';
import { until } from '#test/support/until.ts';

async function ovirt(
  words: string[],
  { isTerminal = false, script }: { isTerminal?: boolean; script?: OvirtScript } = {},
) {
  await using guest = await startOvirtGuest(script);
  const io = fakeIo({ isTerminal });
  const code = await run(['ovirt', '--connect', guest.path, ...words], io);
  return { code, out: io.out(), err: io.err() };
}

describe('the oVirt client', () => {
  it('asks for all reports once it is connected, as VDSM does', async () => {
    await using guest = await startOvirtGuest();
    await using _ = await OvirtClient.connect(guest.path);
    await until(() => guest.heard.length > 0);
    assert.deepEqual(guest.heard[0], { __name__: 'refresh', apiVersion: 3 });
  });

  it('answers a heartbeat with another version once, and keeps the reports that come then', async () => {
    await using guest = await startOvirtGuest();
    await using client = await OvirtClient.connect(guest.path);
    let heartbeats = 0;
    using _ = client.listen(({ name }) => {
      if (name === 'heartbeat') heartbeats++;
    });
    await client.untilComplete();
    await until(() => heartbeats > 4);
    assert.deepEqual(guest.heard.slice(1), [{ __name__: 'api-version', apiVersion: 3 }]);
    assert.equal(client.latest.get('os-info')?.get('distribution'), 'Debian');
    assert.equal(client.apiVersion, 3);
  });

  it('says nothing about a fall to version 0, and agrees again when it is over', async () => {
    await using guest = await startOvirtGuest((line, say) => {
      if (line.__name__ === 'refresh') for (const apiVersion of [3, 0, 3, 2]) say('heartbeat', { apiVersion });
      return true;
    }, 2);
    await using client = await OvirtClient.connect(guest.path);
    await until(() => guest.heard.length > 3);
    const versions = guest.heard.filter(({ __name__ }) => __name__ === 'api-version');
    assert.deepEqual(
      versions.slice(0, 3).map(({ apiVersion }) => apiVersion),
      [3, 3, 2],
    );
    assert.ok(client.apiVersion <= 2);
  });

  for (const [announced, version] of [
    [7, 3],
    ['2', 2],
    [-1, 0],
    ['new', 0],
    [null, 0],
    [[3], 0],
    [true, 0],
    [1.5, 1],
  ] as const) {
    it(`takes the announced version ${JSON.stringify(announced)} for ${version}`, async () => {
      await using guest = await listenAsGuest((socket) => {
        socket.write(`${JSON.stringify({ __name__: 'heartbeat', apiVersion: announced })}\n`);
      });
      await using client = await OvirtClient.connect(guest.path);
      await client.untilHeard();
      assert.equal(client.apiVersion, version);
    });
  }

  it('waits for no report that the version of the guest does not have', async () => {
    await using guest = await startOvirtGuest(undefined, 0);
    await using client = await OvirtClient.connect(guest.path);
    await client.untilComplete();
    assert.equal(client.latest.has('os-info'), false);
  });

  it('counts what it cannot read or does not know, keeps none of it, and goes on', async () => {
    const lines = ['nonsense', '{"__name__": "no-such"}', '{"__name__": "__proto__"}', 'x'.repeat(2 ** 20), '[]'];
    await using guest = await listenAsGuest((socket) => {
      socket.write(`${lines.join('\n')}\n{"__name__": "fqdn", "fqdn": "vm1"}\n`);
    });
    await using client = await OvirtClient.connect(guest.path);
    await client.untilHeard();
    assert.deepEqual([...client.latest.keys()], ['fqdn']);
    assert.deepEqual(client.counts, { dropped: 3, unknown: 2 });
  });

  it('stops reading while a listener is busy, so that a flood waits in the guest', async () => {
    const line = `{"__name__": "fqdn", "fqdn": "${'x'.repeat(10_000)}"}\n`;
    let flooded = false;
    await using guest = await listenAsGuest((socket) => {
      const flood = (): void => {
        for (;;) {
          if (!socket.write(line)) break;
        }
        flooded = true;
      };
      flood();
      socket.on('drain', flood);
    });
    await using client = await OvirtClient.connect(guest.path);
    let calls = 0;
    client.listen(() => {
      calls++;
      return new Promise(() => {});
    });
    await until(() => calls > 0 && flooded);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(calls, 1);
  });
});

describe('uga host ovirt get', () => {
  it('prints the latest of all reports and the version in force as one object', async () => {
    const { code, out, err } = await ovirt(['get']);
    assert.deepEqual([code, err], [0, '']);
    const reports = JSON.parse(out);
    assert.equal(reports.apiVersion, 3);
    assert.deepEqual(reports['active-user'], { name: 'ada' });
    assert.deepEqual(reports.timezone, { zone: 'Europe/Prague', offset: 60 });
    assert.equal(out.split('\n').length, 2);
  });

  it('ends with 3 when some reports do not come, and says which', async () => {
    const script: OvirtScript = (line, say) => {
      if (line.__name__ === 'refresh') say('fqdn', { fqdn: 'vm1' });
      return true;
    };
    const { code, out, err } = await ovirt(['--timeout', '1', 'get'], { script });
    assert.equal(code, 3);
    assert.deepEqual(JSON.parse(out).fqdn, { fqdn: 'vm1' });
    assert.match(err, /^uga host ovirt: without .*host-name.*: not all reports came within 1 s\n$/);
  });

  it('ends with 3 when nobody is there, or nobody speaks', async () => {
    const io = fakeIo();
    assert.equal(await run(['ovirt', '-c', '/nonexistent.sock', 'get'], io), 3);
    assert.match(io.err(), /^uga host ovirt: cannot connect to \/nonexistent.sock: .*ENOENT/);
    await using silent = await listenAsGuest(() => {});
    assert.equal(await run(['ovirt', '-c', silent.path, '-t', '0.1', 'get'], fakeIo()), 3);
  });
});

describe('uga host ovirt send', () => {
  it('sends the command with its arguments, JSON where it is JSON and strings otherwise', async () => {
    await using guest = await startOvirtGuest();
    const io = fakeIo();
    const words = ['send', 'shutdown', 'timeout=0', 'message=Bye now', 'reboot=False'];
    assert.equal(await run(['ovirt', '--connect', guest.path, ...words], io), 0);
    assert.deepEqual([io.out(), io.err()], ['', 'shutdown: sent\n']);
    await until(() => guest.heard.some(({ __name__ }) => __name__ === 'shutdown'));
    assert.deepEqual(guest.heard.at(-1), { __name__: 'shutdown', timeout: 0, message: 'Bye now', reboot: 'False' });
  });

  it('prints the message it was told to wait for', async () => {
    const { code, out } = await ovirt(['send', 'echo', 'n=1', 'text=\u001b', '--wait', 'echo']);
    assert.deepEqual([code, out], [0, '{"n": 1, "text": "\\uFFFD"}\n']);
  });

  it('ends with 3 when the message does not come, or no guest was heard', async () => {
    assert.equal((await ovirt(['send', 'lock-screen', '--wait', 'session-lock', '--timeout', '0.2'])).code, 3);
    await using silent = await listenAsGuest(() => {});
    const io = fakeIo();
    assert.equal(await run(['ovirt', '-c', silent.path, '-t', '0.1', 'send', 'log-off'], io), 3);
    assert.equal(io.err(), 'uga host ovirt: no word from the guest within 0.1 s\n');
  });
});

describe('uga host ovirt watch', () => {
  it('prints each message as a line of JSON until its time is over', async () => {
    const { code, out } = await ovirt(['watch', '--for', '0.3']);
    assert.equal(code, 0);
    const names = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).__name__);
    assert.equal(names[0], 'session-startup');
    assert.ok(names.includes('heartbeat'));
  });

  it('prints words on a terminal, and nothing there can steer it', async () => {
    const script: OvirtScript = (line, say) => {
      if (line.__name__ !== 'refresh') return false;
      say('host-name', { name: 'evil\u202e' });
      say('no\u009bsuch', { x: '\u001b[2J' });
      return false;
    };
    const { code, out } = await ovirt(['watch', '--for', '0.3'], { script, isTerminal: true });
    assert.equal(code, 0);
    assert.match(out, /^\d\d:\d\d:\d\d {2}host-name {11}evil\\u\{202E\}\n/);
    assert.match(out, /heartbeat {11}3921 MiB free of 7956 MiB, swap 2 of 976 MiB, API 3\n/);
    assert.match(out, /network-interfaces {2}eth0: 10.0.0.5, fe80::1\n/);
    assert.match(out, /os-info {13}Debian 12 bookworm x86_64, kernel 6.1.0\n/);
    assert.match(out, /session-startup\n/);
    assert.match(out, /^[\n\x20-\x7e\ufffd]*$/);
  });

  it('ends with 3 when the guest goes', async () => {
    await using guest = await listenAsGuest((socket) => socket.end('{"__name__": "session-shutdown"}\n'));
    const io = fakeIo();
    assert.equal(await run(['ovirt', '-c', guest.path, 'watch'], io), 3);
    assert.equal(io.out(), '{"__name__": "session-shutdown"}\n');
    assert.equal(io.err(), 'uga host ovirt: the connection is lost\n');
  });
});
