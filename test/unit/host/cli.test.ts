import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '#host/main.ts';
import { type GuestRequest, type Script, startGuest } from '#test/support/scripted-guest.ts';
import { type FakeTerminal, fakeIo, fakeTerminal } from '#test/support/terminal.ts';
import { until } from '#test/support/until.ts';

const guestInfo = JSON.stringify({
  version: '9.0',
  supported_commands: [
    { name: 'guest-ping', enabled: true },
    { name: 'guest-get-time', enabled: true },
    { name: 'guest-exec', enabled: false },
    { name: '\u001b[2J', enabled: true },
    'nonsense',
  ],
});

/** Returns the arguments it got, and a few answers of note. */
const mirror: Script = (request, socket) => {
  switch (request.execute) {
    case 'guest-sync-delimited':
      return false;
    case 'guest-shutdown':
      socket.destroy();
      return true;
    case 'refuse':
      return socket.write('{"error": {"class": "GenericError", "desc": "no\\u001b[31m way\\n"}}\n');
    case 'hang-up':
      socket.destroy();
      return true;
    case 'hang':
      return true;
    case 'guest-info':
      return socket.write(`{"return": ${guestInfo}}\n`);
    default:
      return socket.write(`{"return": ${JSON.stringify(request.arguments ?? null)}}\n`);
  }
};

async function host(words: string[], options: Parameters<typeof fakeIo>[0] = {}) {
  await using guest = await startGuest(mirror);
  const io = fakeIo(options);
  const code = await run(['qga', '--connect', guest.path, ...words], io);
  return { code, out: io.out(), err: io.err(), requests: guest.requests.filter(({ afterSentinel }) => !afterSentinel) };
}

describe('one call', () => {
  it('prints what the guest returned as one line of JSON and ends with 0', async () => {
    assert.deepEqual(await host(['x', '{"a": [1, {}]}']), {
      code: 0,
      out: '{"a": [1, {}]}\n',
      err: '',
      requests: [{ execute: 'x', arguments: { a: [1, {}] }, afterSentinel: false }],
    });
  });

  it('prints over several lines on a terminal or when asked to, and compact when asked to', async () => {
    const pretty = '{\n  "a": [\n    1,\n    {}\n  ]\n}\n';
    assert.equal((await host(['x', '{"a": [1, {}]}'], { isTerminal: true })).out, pretty);
    assert.equal((await host(['--pretty', 'x', '{"a": [1, {}]}'])).out, pretty);
    assert.equal((await host(['--compact', 'x', '{"a": 1}'], { isTerminal: true })).out, '{"a": 1}\n');
  });

  it('sends no arguments when there are none', async () => {
    assert.equal('arguments' in ((await host(['x'])).requests[0] ?? {}), false);
  });

  it('takes NAME=VALUE words, JSON where it is JSON and strings otherwise', async () => {
    const words = ['n=5', 't=true', 's=some text', 'q="5"', 'l=[1]', 'e=', 'eq=a=b', '__proto__=1'];
    assert.equal(
      (await host(['x', ...words])).out,
      '{"n": 5, "t": true, "s": "some text", "q": "5", "l": [1], "e": "", "eq": "a=b", "__proto__": 1}\n',
    );
  });

  it('reads arguments from standard input for a single dash', async () => {
    assert.equal((await host(['x', '-'], { stdin: '{"a":\n 1}\n' })).out, '{"a": 1}\n');
  });

  it('ends with 1 for an error of the guest, whose text cannot steer the terminal', async () => {
    const { code, out, err } = await host(['refuse']);
    assert.deepEqual([code, out, err], [1, '', 'refuse: GenericError: no\\u{1B}[31m way\\u{A}\n']);
  });

  it('ends with 3 when the guest does not answer in time', async () => {
    const { code, out, err } = await host(['--timeout', '0.1', 'hang']);
    assert.deepEqual([code, out, err], [3, '', 'hang: no answer to hang within 0.1 s\n']);
  });

  it('ends with 3 when the connection is lost or there is none', async () => {
    assert.equal((await host(['hang-up'])).code, 3);
    const io = fakeIo();
    assert.equal(await run(['qga', '-c', '/nonexistent.sock', 'guest-ping'], io), 3);
    assert.match(io.err(), /^guest-ping: cannot connect to \/nonexistent.sock: .*ENOENT/);
  });

  it('of a command without reply prints nothing and says on stderr how it ended', async () => {
    const { code, out, err } = await host(['guest-shutdown', 'mode=reboot']);
    assert.deepEqual(
      [code, out, err],
      [0, '', 'guest-shutdown: sent; no reply is due on success, and the channel closed\n'],
    );
  });
});

describe('a command line', () => {
  for (const [words, message] of [
    [['qga', 'guest-ping'], "uga host qga: option '--connect' is required"],
    [['qga', '-c', 's', '--nope'], "uga host qga: unknown option '--nope'"],
    [['qga', '-c', 's', '--pretty', '--compact', 'x'], 'uga host qga: --pretty and --compact exclude each other'],
    [['qga', '-c', 's', '-t', '0', 'x'], "uga host qga: --timeout takes seconds from 0.001 to 86400, not '0'"],
    [['qga', '-c', 's', '-t', '1e9', 'x'], "uga host qga: --timeout takes seconds from 0.001 to 86400, not '1e9'"],
    [['qga', '-c', 's', 'x', '{"a":'], 'uga host qga: arguments: not a complete JSON value'],
    [['qga', '-c', 's', 'x', '{} {}'], 'uga host qga: arguments: more than one JSON value'],
    [['qga', '-c', 's', 'x', '{}', 'a=1'], "uga host qga: unexpected word after the JSON arguments: 'a=1'"],
    [['qga', '-c', 's', 'x', 'a=1', 'a=2'], "uga host qga: argument 'a' is given twice"],
    [['qga', '-c', 's', 'x', '[1]'], "uga host qga: expected NAME=VALUE or one JSON object, not '[1]'"],
    [['qga', '-c', 's', 'x', '-'], 'uga host qga: arguments: not a complete JSON value'],
    [[], 'uga host: DOOR is missing'],
    [['telnet'], "uga host: unknown door 'telnet'"],
    [['ovirt', 'get'], "uga host ovirt: option '--connect' is required"],
    [['ovirt', '-c', 's'], 'uga host ovirt: ACTION is missing'],
    [['ovirt', '-c', 's', 'nap'], "uga host ovirt: unknown action 'nap'"],
    [['ovirt', '-c', 's', 'get', 'x'], "uga host ovirt: unexpected argument 'x'"],
    [['ovirt', '-c', 's', 'send'], 'uga host ovirt: send: NAME is missing'],
    [['ovirt', '-c', 's', 'send', 'x', 'y'], "uga host ovirt: expected NAME=VALUE or one JSON object, not 'y'"],
    [['ovirt', '-c', 's', 'get', '--for', '1'], 'uga host ovirt: --for goes with watch'],
    [['ovirt', '-c', 's', 'watch', '--wait', 'x'], 'uga host ovirt: --wait goes with send'],
    [['ovirt', '-c', 's', 'watch', '--for', '-1'], "uga host ovirt: --for takes seconds from 0.001 to 86400, not '-1'"],
    [['vdagent'], "uga host vdagent: option '--connect' is required"],
    [['vdagent', '-c', 's'], 'uga host vdagent: ACTION is missing'],
    [['vdagent', '-c', 's', 'nap'], "uga host vdagent: unknown action 'nap'"],
    [['vdagent', '-c', 's', 'clipboard'], "uga host vdagent: clipboard: get, set or watch, not ''"],
    [['vdagent', '-c', 's', 'clipboard', 'set'], 'uga host vdagent: clipboard set: TEXT is missing'],
    [['vdagent', '-c', 's', 'monitors', '10'], "uga host vdagent: monitors: '10' is not WIDTHxHEIGHT[+X+Y] or off"],
    [['vdagent', '-c', 's', 'mouse', 'left'], 'uga host vdagent: mouse: begin with X,Y'],
    [['vdagent', '-c', 's', '--as', 'spice', 'capabilities'], "uga host vdagent: unknown capability 'spice'"],
    [
      ['vdagent', '-c', 's', '--display', '256', 'mouse', '1,1'],
      "uga host vdagent: --display takes a number from 0 to 255, not '256'",
    ],
    [['qmp', '-l', 's'], "uga host qmp: option '--connect' is required"],
    [['qmp', '-c', 's'], "uga host qmp: option '--listen' is required"],
    [['qmp', '-c', 's', '-l', 't', 'x'], "uga host qmp: unexpected argument 'x'"],
    [['qmp', '-c', 's', '-l', 't', '-t', '0'], "uga host qmp: --timeout takes seconds from 0.001 to 86400, not '0'"],
    [
      ['qmp', '-c', 's', '-l', 't', '--events', 'x'],
      "uga host qmp: --events takes seconds from 0.001 to 86400, not 'x'",
    ],
  ] as const) {
    it(`is refused with exit code 2: ${words.join(' ')}`, async () => {
      const io = fakeIo();
      assert.equal(await run(words, io), 2);
      assert.equal(io.err().split('\n')[0], message);
      assert.equal(io.out(), '');
    });
  }

  for (const words of [
    ['--help'],
    ['-h'],
    ['qga', '--help'],
    ['ovirt', '--help'],
    ['vdagent', '--help'],
    ['qmp', '--help'],
  ]) {
    it(`${words.join(' ')} prints help within 80 columns`, async () => {
      const io = fakeIo();
      assert.equal(await run(words, io), 0);
      assert.match(io.out(), /^Usage: uga host/);
      for (const line of io.out().split('\n')) assert.ok(line.length <= 80, line);
    });
  }
});

describe('the prompt without a terminal', () => {
  it('runs one command a line and ends with 0', async () => {
    const { code, out, err } = await host([], { stdin: 'x a=1\n\n  y {"b": [ 1 ]}\nz s="two words" t=\'"5"\'\n' });
    assert.deepEqual([code, out, err], [0, '{"a": 1}\n{"b": [1]}\n{"s": "two words", "t": "5"}\n', '']);
  });

  it('goes on after a failure and ends with the code of the last one', async () => {
    const { code, out, err } = await host([], { stdin: 'refuse\nx a=1\nx "\ny\n' });
    assert.deepEqual([code, out], [2, '{"a": 1}\nnull\n']);
    assert.match(err, /refuse: GenericError.*\nqga: a quote is not closed\n/);
  });

  it('connects again after a loss', async () => {
    const { code, out } = await host([], { stdin: 'hang-up\nx a=1\n' });
    assert.deepEqual([code, out], [3, '{"a": 1}\n']);
  });

  it('leaves at quit', async () => {
    assert.equal((await host([], { stdin: 'x a=1\nquit\ny\n' })).out, '{"a": 1}\n');
  });

  it('lists the commands of the guest, but no name that is none', async () => {
    const { out } = await host([], { stdin: 'help\n' });
    assert.match(out, /\n {2}guest-exec \(disabled\)\n {2}guest-get-time\n {2}guest-ping\n$/);
  });

  it('ends with 3 when nobody listens', async () => {
    const io = fakeIo({ stdin: 'guest-ping\n' });
    assert.equal(await run(['qga', '-c', '/nonexistent.sock'], io), 3);
  });
});

describe('the prompt on a terminal', () => {
  const session = async (play: (terminal: FakeTerminal, requests: readonly GuestRequest[]) => Promise<void>) => {
    await using guest = await startGuest(mirror);
    const terminal = fakeTerminal();
    const ended = run(['qga', '--connect', guest.path], terminal);
    await shows(terminal, 'qga> ');
    await play(terminal, guest.requests);
    return { code: await ended, terminal, requests: guest.requests };
  };
  const shows = (terminal: FakeTerminal, text: string) =>
    until(() => (terminal.screen() + terminal.err()).includes(text), text);

  it('completes command names and leaves with 0 even after an error', async () => {
    const { code, requests } = await session(async (terminal) => {
      terminal.type('refuse\r');
      await shows(terminal, 'refuse: GenericError');
      terminal.type('guest-get');
      terminal.type('\t'); // what comes in one piece is a paste, which readline does not complete
      await shows(terminal, 'guest-get-time');
      terminal.type(' a=1\r');
      await shows(terminal, '"a": 1');
      terminal.type('quit\r');
    });
    assert.equal(code, 0);
    assert.ok(requests.some(({ execute }) => execute === 'guest-get-time'));
  });

  it('cancels the command under way at Ctrl-C and leaves at the next', async () => {
    const { code } = await session(async (terminal, requests) => {
      terminal.type('hang\r');
      await until(() => requests.some(({ execute }) => execute === 'hang'));
      terminal.type('\u0003');
      await shows(terminal, 'hang: cancelled');
      terminal.type('\u0003');
    });
    assert.equal(code, 0);
  });
});
