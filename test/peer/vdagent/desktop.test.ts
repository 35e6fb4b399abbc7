import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SpiceDesktop, startSpiceDesktop, type Which } from '#test/support/desktop/spice-desktop.ts';
import { Copying, needsXvfb, runClient } from '#test/support/desktop/x-server.ts';
import { without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const skip = without('spice-vdagentd') || without('spice-vdagent') || needsXvfb || without('xsel');
const selection = 'clipboard';
const text = { selection, type: 'text' } as const;
const png = { selection, type: 'png' } as const;
/** Long enough for what is said to be said, even what must not be. */
const QUIET_MS = 150;

interface Stage {
  readonly desktop: SpiceDesktop;
  readonly host: SpiceDesktop['host'];
  /** @param isTold a grab is awaited */
  copy(content: Buffer | string, target?: string, where?: string, isTold?: boolean): Promise<void>;
  /** The application that copied last ends. */
  end(): Promise<void>;
  /** @returns what is pasted; undefined when the owner refuses. The host gives the answer, if any, to what it is asked */
  paste(target: string, answer?: () => void, where?: string): Promise<string | undefined>;
}

type Step = (stage: Stage) => Promise<unknown> | unknown;

/** What a host and a user do, one after the other; both pairs of programs are to say and to paste the same. */
const DIALOGUE: Readonly<Record<string, Step>> = {
  'text is copied in the guest': ({ copy }) => copy('hello'),
  'the client reads it': ({ host }) => host.send('clipboard-request', text),
  'the client asks for an image that is not there': ({ host }) => host.send('clipboard-request', png),
  'an image is copied in the guest': ({ copy }) => copy('no picture, but nobody looks', 'image/png'),
  'the client reads the image': ({ host }) => host.send('clipboard-request', png),
  'text is marked in the guest': ({ copy }) => copy('marked', 'UTF8_STRING', 'primary'),
  'the client reads what is marked': ({ host }) => host.send('clipboard-request', { ...text, selection: 'primary' }),
  'nothing at all is copied': ({ copy }) => copy(''),
  'the client reads nothing': ({ host }) => host.send('clipboard-request', text),
  'the application ends': ({ end }) => end(),
  'the client reads what is gone': ({ host }) => host.send('clipboard-request', text),
  'the client copies text and an image': ({ host }) =>
    host.send('clipboard-grab', { selection, serial: serial(), types: ['text', 'png'] }),
  'an application pastes the text': ({ paste, host }) =>
    paste('UTF8_STRING', () => host.send('clipboard', { ...text, data: Buffer.from('from the client: ü') })),
  'an application pastes the image': ({ paste, host }) =>
    paste('image/png', () => host.send('clipboard', { ...png, data: Buffer.from('picture') })),
  'an application asks for what is not there': ({ paste }) => paste('image/tiff'),
  'the client copies a million characters': ({ host }) =>
    host.send('clipboard-grab', { selection, serial: serial(), types: ['text'] }),
  'an application pastes them': async ({ paste, host }) => {
    const data = Buffer.alloc(1_000_000, 'z');
    return (await paste('UTF8_STRING', () => host.send('clipboard', { ...text, data })))?.length;
  },
  'the client releases': ({ host }) => host.send('clipboard-release', { selection }),
  'an application pastes what is gone': ({ paste }) => paste('UTF8_STRING'),
  'a stale grab of the client': ({ host }) => host.send('clipboard-grab', { selection, serial: 99, types: ['text'] }),
  'an application copies over the client': async ({ copy, host }) => {
    host.send('clipboard-grab', { selection, serial: serial(), types: ['text'] });
    await sleep(QUIET_MS);
    await copy('mine');
  },
  'a selection that nobody has': ({ host }) => host.send('clipboard-request', { ...text, selection: 'secondary' }),
};

interface Deviation {
  readonly step: Step;
  readonly original: readonly unknown[];
  readonly ours: readonly unknown[];
}

/** Where ours does something else, one after the other and after the dialogue; what is heard of each. */
const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  'Latin-1 of an old application is UTF-8 on the wire, where the original sends it raw': {
    step: async ({ copy, host }) => {
      await copy(Buffer.from('caf\xe9', 'latin1'), 'STRING');
      host.send('clipboard-request', text);
    },
    original: ['clipboard-grab', ['clipboard', 'caf\ufffd']],
    ours: ['clipboard-grab', ['clipboard', 'café']],
  },
  'content that is too long for the client is none, where the original sends the type without content': {
    step: async ({ copy, host }) => {
      host.send('max-clipboard', { maxBytes: 3 });
      await copy('four');
      host.send('clipboard-request', text);
    },
    original: ['clipboard-grab', ['clipboard', '']],
    ours: ['clipboard-grab', ['clipboard', 'none']],
  },
  'a copy that cannot cross releases, where the original leaves the client with a grab of nothing': {
    step: ({ copy }) => copy('<b>bold</b>', 'text/html', selection, false),
    original: [],
    ours: ['clipboard-release'],
  },
};

/** Of the next grab on the clipboard, whoever makes it, as the client counts. */
let grabs = 0;
const serial = () => grabs++;

async function play(which: Which): Promise<Record<string, unknown>> {
  await using desktop = await startSpiceDesktop(which);
  const { host, env } = desktop;
  let copying: Copying | undefined;
  grabs = 0;
  const heard: unknown[] = [];
  /** The client's count goes on with each grab of the guest on the clipboard. */
  const hear = () => {
    for (const message of host.heard()) {
      const [name, fields] = message as [string, { selection?: string }];
      if (name === 'announce-capabilities') continue;
      if (name === 'clipboard-grab' && fields.selection === selection) grabs++;
      heard.push(message);
    }
  };
  const untilHeard = (what: string) =>
    until(() => {
      hear();
      return heard.length > 0;
    }, what);
  const stage: Stage = {
    desktop,
    host,
    async copy(content, target = 'UTF8_STRING', where = selection, isTold = true) {
      const former = copying;
      copying = new Copying(env, content, target, where);
      if (isTold) await untilHeard('the grab');
      else await sleep(QUIET_MS);
      if (where === selection) await former?.[Symbol.asyncDispose]();
    },
    async end() {
      await copying?.[Symbol.asyncDispose]();
    },
    async paste(target, answer, where = selection) {
      const pasted = runClient(env, ['xclip', '-selection', where, '-o', '-t', target]).catch(() => undefined);
      if (answer !== undefined) {
        await untilHeard('the request');
        answer();
      }
      return (await pasted)?.toString();
    },
  };
  const result: Record<string, unknown> = {};
  for (const [name, step] of Object.entries(DIALOGUE)) {
    const seen = await step(stage);
    await sleep(QUIET_MS);
    hear();
    result[name] = { heard: heard.splice(0), seen };
  }
  for (const [name, { step, [which]: expected }] of Object.entries(DEVIATIONS)) {
    await step(stage);
    await sleep(QUIET_MS);
    hear();
    assert.deepEqual(heard.splice(0).map(inShort), expected, `${which}: ${name}`);
  }
  await copying?.[Symbol.asyncDispose]();
  return result;
}

it('says to a client, and gives to applications, what spice-vdagentd and spice-vdagent do', {
  skip,
  timeout: 120_000,
}, async () => {
  const original = await play('original');
  const ours = await play('ours');
  assert.deepEqual(ours, original);
});

/** Content with what is in it, other messages by their name. */
function inShort(message: unknown): unknown {
  const [name, { type, data }] = message as [string, { type?: string; data?: string }];
  return name === 'clipboard' ? [name, type === 'none' ? type : data] : name;
}
