import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '#host/main.ts';
import { VdagentClient } from '#host/vdagent/client.ts';
import { ClientClipboard } from '#host/vdagent/clipboard.ts';
import { listenAsGuest } from '#test/support/scripted-guest.ts';
import { fakeIo } from '#test/support/terminal.ts';
import { until } from '#test/support/until.ts';
import {
  GUEST_CAPABILITIES,
  type SpokenTo,
  startVdagentGuest,
  type VdagentScript,
} from '#test/support/vdagent-guest.ts';

interface Setting {
  readonly script?: VdagentScript;
  readonly isTerminal?: boolean;
  readonly stdin?: string;
  readonly capabilities?: typeof GUEST_CAPABILITIES;
}

async function vdagent(words: string[], { script, capabilities, ...options }: Setting = {}) {
  await using guest = await startVdagentGuest(script, capabilities);
  const io = fakeIo(options);
  const code = await run(['vdagent', '--connect', guest.path, '--timeout', '5', ...words], io);
  await until(() => guest.heard.some(({ name }) => name === 'client-disconnected'));
  return { code, out: io.out(), err: io.err(), heard: guest.heard };
}

/** Copies `text` once the host is known, and gives it to whoever asks. */
function copies(text: string): VdagentScript {
  let serial = 0;
  return ({ name, fields }, guest) => {
    if (name === 'announce-capabilities' && fields.request) {
      guest.send('clipboard-grab', { selection: 'clipboard', serial: serial++, types: ['text'] });
    }
    if (name === 'clipboard-request') answer(guest, text);
  };
}

function answer(guest: SpokenTo, text: string): void {
  guest.send('clipboard', { selection: 'clipboard', type: 'text', data: Buffer.from(text) });
}

const pastes: VdagentScript = ({ name, fields }, guest) => {
  if (name !== 'clipboard-grab') return;
  for (const type of ['png', 'text'] as const) {
    guest.send('clipboard-request', { selection: fields.selection, type });
  }
};

describe('the client of a SPICE agent', () => {
  it('asks for capabilities and answers when it is asked', async () => {
    const { heard } = await vdagent(['capabilities']);
    const announced = heard.filter((message) => message.name === 'announce-capabilities');
    assert.deepEqual(
      announced.map(({ fields }) => fields.request),
      [true, false],
    );
    assert.ok(announced[0]?.fields.capabilities.has('monitors-config-position'));
    assert.equal(heard.at(-1)?.port, 'server');
  });

  it('does not read on while the guest does not read its answers', async () => {
    const wanted = 500;
    await using guest = await startVdagentGuest(({ name }, spoken) => {
      if (name !== 'clipboard-grab') return;
      spoken.socket.pause();
      for (let at = 0; at < wanted; at++) spoken.send('clipboard-request', { selection: 'clipboard', type: 'text' });
      setTimeout(() => spoken.socket.resume(), 50);
    });
    await using client = await VdagentClient.connect(guest.path);
    let asked = 0;
    using _ = client.listen(({ name }) => {
      if (name === 'clipboard-request') asked++;
    });
    const content = Buffer.alloc(2 ** 20);
    await client.offer('clipboard', new Map([['text', content]])).catch(() => {});
    assert.ok(asked <= 2, `${asked} requests answered at once`);
    await until(() => guest.heard.filter(({ name }) => name === 'clipboard').length > 20);
  });

  it('reports a broken frame as such, after what came before it', async () => {
    await using guest = await startVdagentGuest((message, spoken) => {
      if (message.name === 'announce-capabilities' && message.fields.request)
        spoken.socket.write(Buffer.alloc(8, 0xee));
    });
    const io = fakeIo();
    assert.equal(await run(['vdagent', '-c', guest.path, 'clipboard', 'get'], io), 3);
    assert.match(io.err(), /the connection is lost: chunk for unknown port/);
  });

  it('does not keep content beyond its limit', async () => {
    await using guest = await startVdagentGuest(copies('x'.repeat(1001)));
    await using client = await VdagentClient.connect(guest.path, { maxClipboardBytes: 1000 });
    await assert.rejects(client.read('clipboard', 'text'), { code: 'malformed' });
  });
});

describe('grabs', () => {
  const layout = GUEST_CAPABILITIES;
  const content = new Map([['text', Buffer.from('ours')]] as const);
  const guestGrab = (serial: number) => ({ selection: 'clipboard', serial, types: ['text'] }) as const;

  it('of both sides count up one number', () => {
    const clipboard = new ClientClipboard();
    assert.equal(clipboard.grabbed(guestGrab(0)), true);
    assert.deepEqual(clipboard.grab('clipboard', content, layout).fields, {
      selection: 'clipboard',
      types: ['text'],
      serial: 1,
    });
    assert.equal(clipboard.grabbed(guestGrab(2)), true);
    assert.deepEqual(clipboard.offered('clipboard'), ['text']);
  });

  it('at the same time: the client wins', () => {
    const clipboard = new ClientClipboard();
    clipboard.grab('clipboard', content, layout);
    assert.equal(clipboard.grabbed(guestGrab(0)), false);
    assert.equal(clipboard.offered('clipboard'), undefined);
    assert.deepEqual(clipboard.requested({ selection: 'clipboard', type: 'text' }).fields, {
      selection: 'clipboard',
      type: 'text',
      data: Buffer.from('ours'),
    });
  });

  it('are counted for each selection, and from 0 again for a new guest', () => {
    const clipboard = new ClientClipboard();
    clipboard.grab('clipboard', content, layout);
    assert.equal(clipboard.grabbed({ ...guestGrab(0), selection: 'primary' }), true);
    clipboard.reset();
    assert.equal(clipboard.grabbed(guestGrab(0)), true);
  });

  it('go without a number where one side does not count', () => {
    const grab = new ClientClipboard().grab('clipboard', content, new Set(['clipboard-by-demand']));
    assert.deepEqual(grab.fields, { selection: 'clipboard', types: ['text'] });
  });

  it('by the guest end what the client offered', () => {
    const clipboard = new ClientClipboard();
    clipboard.grab('clipboard', content, layout);
    clipboard.grabbed(guestGrab(1));
    const { fields } = clipboard.requested({ selection: 'clipboard', type: 'text' });
    assert.equal('type' in fields && fields.type, 'none');
  });
});

describe('uga host vdagent clipboard get', () => {
  const text = 'two\nlines \u001b[2J\n';

  it('prints the bytes that were copied in the guest, and nothing else', async () => {
    const { code, out, err } = await vdagent(['clipboard', 'get'], { script: copies(text) });
    assert.deepEqual([code, out, err], [0, text, '']);
  });

  it('prints on a terminal what cannot steer it, unless told to', async () => {
    const escaped = await vdagent(['clipboard', 'get'], { script: copies(text), isTerminal: true });
    assert.equal(escaped.out, 'two\nlines \\u{1B}[2J\n\n');
    assert.equal((await vdagent(['clipboard', 'get', '--raw'], { script: copies(text), isTerminal: true })).out, text);
  });

  it('ends with 3 when nothing is copied in time, and with 1 when there is nothing of that type', async () => {
    await using guest = await startVdagentGuest();
    const io = fakeIo();
    assert.equal(await run(['vdagent', '-c', guest.path, '-t', '0.2', 'clipboard', 'get'], io), 3);
    assert.equal(io.err(), 'uga host vdagent: nothing was copied to clipboard in the guest within 0.2 s\n');
    const png = await vdagent(['clipboard', 'get', '--type', 'png'], { script: copies(text) });
    assert.deepEqual([png.code, png.err], [1, 'uga host vdagent: the guest has no png on clipboard\n']);
  });

  it('asks the new owner when another application copies meanwhile', async () => {
    let requests = 0;
    const script: VdagentScript = (message, guest) => {
      if (message.name === 'announce-capabilities' && message.fields.request) {
        guest.send('clipboard-grab', { selection: 'clipboard', serial: 0, types: ['text'] });
      }
      if (message.name !== 'clipboard-request') return;
      if (requests++ > 0) return answer(guest, 'new');
      guest.send('clipboard-grab', { selection: 'clipboard', serial: 1, types: ['text'] });
      guest.send('clipboard', { selection: 'clipboard', type: 'none', data: Buffer.alloc(0) });
    };
    assert.equal((await vdagent(['clipboard', 'get'], { script })).out, 'new');
  });

  it('ends with 1 when the guest has no clipboard', async () => {
    const { code, err } = await vdagent(['clipboard', 'get'], { capabilities: new Set(['mouse-state']) });
    assert.deepEqual([code, err], [1, 'uga host vdagent: the guest does not offer clipboard-by-demand\n']);
  });
});

describe('uga host vdagent clipboard set', () => {
  it('serves the guest and answers none for what it does not have', async () => {
    const { code, heard } = await vdagent(['clipboard', 'set', 'häh', '--once'], { script: pastes });
    assert.equal(code, 0);
    const served = heard.flatMap((message) => (message.name === 'clipboard' ? [message.fields] : []));
    assert.deepEqual(
      served.map(({ type, data }) => [type, data.toString()]),
      [
        ['none', ''],
        ['text', 'häh'],
      ],
    );
  });

  it('takes standard input for a dash, and the selection it is told', async () => {
    const words = ['clipboard', 'set', '-', '--once', '--selection', 'primary'];
    const { heard } = await vdagent(words, { script: pastes, stdin: 'from a pipe' });
    const grab = heard.find((message) => message.name === 'clipboard-grab');
    assert.deepEqual(grab?.fields, { selection: 'primary', serial: 0, types: ['text'] });
    assert.ok(
      heard.some((message) => message.name === 'clipboard' && message.fields.data.toString() === 'from a pipe'),
    );
  });

  it('ends when the guest copies something itself', async () => {
    const script: VdagentScript = ({ name }, guest) => {
      if (name === 'clipboard-grab')
        guest.send('clipboard-grab', { selection: 'clipboard', serial: 1, types: ['text'] });
    };
    assert.equal((await vdagent(['clipboard', 'set', 'x'], { script })).code, 0);
  });

  it('ends with 3 when its time is over and nobody has asked', async () => {
    assert.equal((await vdagent(['clipboard', 'set', 'x', '--once', '--for', '0.1'])).code, 3);
    assert.equal((await vdagent(['clipboard', 'set', 'x', '--for', '0.1'])).code, 0);
  });
});

it('uga host vdagent clipboard watch prints an event a line', async () => {
  const words = ['clipboard', 'watch', '--for', '0.2'];
  const line = '{"event": "grab", "selection": "clipboard", "types": ["text"]}\n';
  assert.equal((await vdagent(words, { script: copies('x') })).out, line);
  const { out } = await vdagent(words, { script: copies('x'), isTerminal: true });
  assert.match(out, /^\d\d:\d\d:\d\d {2}clipboard: copied in the guest \(text\)\n$/);
});

describe('uga host vdagent monitors', () => {
  const replies =
    (succeeded: boolean): VdagentScript =>
    ({ name }, guest) => {
      if (name === 'monitors-config') guest.send('reply', { to: 2, succeeded });
    };
  const sent = (heard: Awaited<ReturnType<typeof vdagent>>['heard']) => {
    const message = heard.find(({ name }) => name === 'monitors-config');
    return message?.name === 'monitors-config' ? message.fields : undefined;
  };

  it('go out side by side where no position is given, in sixteen slots as spice-gtk sends them', async () => {
    const words = ['monitors', '1280x800', '800x600', 'off', '640x480+5-7'];
    const { code, heard, err } = await vdagent(words, { script: replies(true) });
    assert.deepEqual([code, err], [0, 'monitors: the guest says that it took them\n']);
    const { hasPositions, monitors } = sent(heard) ?? { monitors: [] };
    assert.equal(hasPositions, true);
    assert.equal(monitors.length, 16);
    assert.deepEqual(monitors.slice(0, 4), [
      { width: 1280, height: 800, x: 0, y: 0, depth: 32 },
      { width: 800, height: 600, x: 1280, y: 0, depth: 32 },
      { width: 0, height: 0, x: 0, y: 0, depth: 32 },
      { width: 640, height: 480, x: 5, y: -7, depth: 32 },
    ]);
  });

  it('leave out what is off for a guest that does not take empty slots', async () => {
    const capabilities = new Set(GUEST_CAPABILITIES);
    capabilities.delete('sparse-monitors-config');
    const words = ['monitors', 'off', '1280x800', '--physical'];
    const { heard } = await vdagent(words, { script: replies(true), capabilities });
    const physical = { width: 339, height: 212 };
    assert.deepEqual(sent(heard)?.monitors, [{ width: 1280, height: 800, x: 0, y: 0, depth: 32, physical }]);
  });

  it('end with 1 when the guest says that it failed, and with 3 when it says nothing', async () => {
    assert.equal((await vdagent(['monitors', '1x1'], { script: replies(false) })).code, 1);
    await using guest = await startVdagentGuest();
    assert.equal(await run(['vdagent', '-c', guest.path, '-t', '0.2', 'monitors', '1x1'], fakeIo()), 3);
  });
});

it('uga host vdagent mouse sends moves, clicks and both halves of a click on the port of the server', async () => {
  const { code, heard } = await vdagent([
    'mouse',
    '10,20',
    'left',
    '30,40',
    'right=down',
    'wheel-up',
    'right=up',
    '--display',
    '1',
  ]);
  assert.equal(code, 0);
  const states = heard.flatMap((message) => (message.name === 'mouse-state' ? [message] : []));
  assert.ok(states.every(({ port, fields }) => port === 'server' && fields.displayId === 1));
  assert.deepEqual(
    states.map(({ fields: { x, y, buttons } }) => [x, y, buttons]),
    [
      [10, 20, 0],
      [10, 20, 2],
      [10, 20, 0],
      [30, 40, 0],
      [30, 40, 8],
      [30, 40, 24],
      [30, 40, 8],
      [30, 40, 0],
    ],
  );
});

it('uga host vdagent capabilities prints a name a line, and ends with 3 for a guest that is silent', async () => {
  const { out } = await vdagent(['capabilities'], { capabilities: new Set(['reply', 'mouse-state']) });
  assert.equal(out, 'mouse-state\nreply\n');
  await using silent = await listenAsGuest(() => {});
  assert.equal(await run(['vdagent', '-c', silent.path, '-t', '0.1', 'capabilities'], fakeIo()), 3);
});

it('uga host vdagent announces what it is told to', async () => {
  const { heard } = await vdagent(['capabilities', '--as', 'reply,clipboard-by-demand']);
  const first = heard[0];
  assert.ok(first?.name === 'announce-capabilities');
  assert.deepEqual([...first.fields.capabilities], ['reply', 'clipboard-by-demand']);
});
