import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SelectionRequest } from 'x11';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { silent } from '#shared/log/log.ts';
import { give, type Watched, watchedDesktop } from '#test/support/desktop/watched.ts';
import { Copying, needsXvfb, runClient } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';

const never = new AbortController().signal;
const REPLACE = 0;
const NOW = 0;
const NONE = 0;
const ATOM = 4;
const NEW_VALUE = 0;
const PROPERTY_CHANGE = 0x40_0000;
const LIMIT = 1024 * 1024;
/** Longer than we wait before we look whether an owner is still there, and than we once waited at all. */
const BUSY_MS = 6_000;
const NAMES = ['CLIPBOARD', 'TARGETS', 'UTF8_STRING', 'INCR', 'SAVE_TARGETS', 'DELETE', 'TIMESTAMP', 'INTO'] as const;

/** An application that owns the clipboard, has text, and does as the test wants when it is asked for it. */
class Owner implements AsyncDisposable {
  private constructor(
    readonly x: XConnection,
    readonly atoms: Readonly<Record<(typeof NAMES)[number], number>>,
  ) {}

  /** @param says whether it tells its targets now */
  static async open(
    env: Watched['env'],
    asked: (owner: Owner, request: SelectionRequest) => void,
    says: () => boolean = () => true,
    targets?: readonly number[],
  ): Promise<Owner> {
    const x = await XConnection.open(parseDisplayName(env.DISPLAY ?? ''), env, silent, never);
    const owner = new Owner(x, await x.atoms(NAMES));
    const window = x.createWindow(PROPERTY_CHANGE).id;
    x.listen((event) => {
      if (event.name !== 'SelectionRequest') return;
      if (event.target !== owner.atoms.TARGETS) return asked(owner, event);
      if (!says()) return;
      const list = targets ?? [owner.atoms.UTF8_STRING];
      x.client.ChangeProperty(REPLACE, event.requestor, event.property, ATOM, 32, list);
      owner.tell(event);
    });
    x.client.SetSelectionOwner(window, owner.atoms.CLIPBOARD, NOW);
    return owner;
  }

  tell({ requestor, selection, target, time, property }: SelectionRequest): void {
    this.x.client.SendEvent(requestor, false, 0, {
      ...{ name: 'SelectionNotify', requestor, selection, target, time, property, seq: 0 },
    });
  }

  put({ requestor, property }: SelectionRequest, content: Buffer): void {
    this.x.client.ChangeProperty(REPLACE, requestor, property, this.atoms.UTF8_STRING, 8, content);
  }

  give(request: SelectionRequest, text: string): void {
    this.put(request, Buffer.from(text));
    this.tell(request);
  }

  /** Says that content comes in parts. */
  begin(request: SelectionRequest): void {
    this.x.client.ChangeWindowAttributes(request.requestor, { eventMask: PROPERTY_CHANGE });
    this.x.client.ChangeProperty(REPLACE, request.requestor, request.property, this.atoms.INCR, 32, [10]);
    this.tell(request);
  }

  /** A part whenever the last one was taken. */
  feed(request: SelectionRequest, next: () => Buffer | undefined): void {
    this.x.listen((event) => {
      if (event.name !== 'PropertyNotify' || event.wid !== request.requestor || event.state === NEW_VALUE) return;
      const part = next();
      if (part !== undefined) this.put(request, part);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.x[Symbol.asyncDispose]();
  }
}

/** Whatever the last owner did, the next one is read. */
async function assertReadsOn(session: Watched): Promise<void> {
  session.events.length = 0;
  await using _copy = new Copying(session.env, 'next');
  await until(() => session.events.includes('copied text'), 'the next copy');
  assert.equal((await session.clipboard.read('clipboard', 'text', LIMIT, never))?.toString(), 'next');
}

// Some are waited for, half a minute each.
describe('owners of the clipboard that do not behave', { skip: needsXvfb, timeout: 90_000, concurrency: 4 }, () => {
  const PART = Buffer.alloc(50_000, 'x');

  const CASES: Readonly<Record<string, (owner: Owner, request: SelectionRequest) => void>> = {
    'dies in the middle of a transfer': (owner, request) => {
      let parts = 0;
      owner.feed(request, () => {
        if (++parts < 3) return PART;
        void owner[Symbol.asyncDispose]();
        return undefined;
      });
      owner.begin(request);
    },
    'sends more than it may': (owner, request) => {
      owner.feed(request, () => PART);
      owner.begin(request);
    },
    'says that content is there, and there is none': (owner, request) => owner.tell(request),
    'replaces a part that was not taken': (owner, request) => {
      const parts = [[PART], [PART, PART], [PART], []];
      owner.feed(request, () => {
        const [part = Buffer.alloc(0), ...more] = parts.shift() ?? [];
        for (const early of more) owner.put(request, early);
        return part;
      });
      owner.begin(request);
    },
    refuses: (owner, request) => owner.tell({ ...request, property: NONE }),
    'answers about another selection': (owner, request) => owner.tell({ ...request, selection: 1 }),
    'begins and says nothing more': (owner, request) => owner.begin(request),
    'never answers': () => {},
  };
  for (const [what, misbehave] of Object.entries(CASES)) {
    it(`one that ${what}: nothing of it is given, and the next one is read`, async () => {
      await using session = await watchedDesktop();
      await using owner = await Owner.open(session.env, misbehave);
      await until(() => session.events.includes('copied text'), 'the copy');
      assert.equal(await session.clipboard.read('clipboard', 'text', LIMIT, never), undefined);
      assert.ok(owner);
      await assertReadsOn(session);
    });
  }

  it('one that forgets who asks while it is busy is asked again, and twice at most for content', async () => {
    await using session = await watchedDesktop();
    let asked = 0;
    await using _owner = await Owner.open(session.env, (owner, request) => {
      if (++asked > 1) owner.give(request, 'remembered');
    });
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.equal((await session.clipboard.read('clipboard', 'text', LIMIT, never))?.toString(), 'remembered');
    assert.equal(asked, 2);
  });

  it('and one that forgot who asked what it has', async () => {
    await using session = await watchedDesktop();
    let asked = 0;
    await using _owner = await Owner.open(
      session.env,
      (owner, request) => owner.give(request, 'text'),
      () => ++asked > 1,
    );
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.deepEqual(session.events, ['took', 'copied text']);
    assert.equal((await session.clipboard.read('clipboard', 'text', LIMIT, never))?.toString(), 'text');
  });

  it('one that encodes for seconds, and answers nothing meanwhile, is asked for it once', async () => {
    await using session = await watchedDesktop();
    let asked = 0;
    let isBusy = false;
    await using _owner = await Owner.open(
      session.env,
      (owner, request) => {
        asked++;
        isBusy = true;
        setTimeout(() => {
          isBusy = false;
          owner.give(request, 'encoded');
        }, BUSY_MS);
      },
      () => !isBusy,
    );
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.equal((await session.clipboard.read('clipboard', 'text', LIMIT, never))?.toString(), 'encoded');
    assert.equal(asked, 1);
  });

  it('one that gives a part before the announcement of parts was taken is heard to its end, and asked again', async () => {
    await using session = await watchedDesktop();
    let asked = 0;
    let hasEnded = false;
    await using _owner = await Owner.open(session.env, (owner, request) => {
      if (++asked > 1) return owner.give(request, 'whole');
      const parts = [PART, Buffer.alloc(0)];
      owner.feed(request, () => {
        const part = parts.shift();
        hasEnded ||= part === undefined;
        return part;
      });
      owner.begin(request);
      owner.put(request, PART);
    });
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.equal((await session.clipboard.read('clipboard', 'text', LIMIT, never))?.toString(), 'whole');
    assert.deepEqual([asked, hasEnded], [2, true]);
  });

  it('one that answers both questions after all gives its content once', async () => {
    await using session = await watchedDesktop();
    const waiting: SelectionRequest[] = [];
    await using _owner = await Owner.open(session.env, (owner, request) => {
      waiting.push(request);
      if (waiting.length === 2) for (const one of waiting) owner.give(one, 'both');
    });
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.equal((await session.clipboard.read('clipboard', 'text', LIMIT, never))?.toString(), 'both');
    await assertReadsOn(session);
  });

  it('one with a list of targets that is too long has nothing', async () => {
    await using session = await watchedDesktop();
    const many = Array.from({ length: 10_000 }, (_, index) => index + 1);
    await using _owner = await Owner.open(
      session.env,
      () => {},
      () => true,
      many,
    );
    await until(() => session.events.includes('cleared'), 'the answer');
    await assertReadsOn(session);
  });

  it('one that changes a hundred times is asked, and told of, as it is in the end', async () => {
    await using session = await watchedDesktop();
    await using owner = await Owner.open(session.env, () => {});
    for (let time = 0; time < 100; time++) {
      const window = owner.x.createWindow(PROPERTY_CHANGE).id;
      owner.x.client.SetSelectionOwner(window, owner.atoms.CLIPBOARD, NOW);
    }
    // The server has seen all of them, so that none comes behind the last.
    await owner.x.ask('owner', (client, done) => client.GetSelectionOwner(owner.atoms.CLIPBOARD, done));
    await using _copy = new Copying(session.env, 'the last');
    await until(() => session.events.at(-1) === 'copied text', 'the last');
    const wanted = async () => (await session.clipboard.read('clipboard', 'text', LIMIT, never))?.toString();
    for (let left = 100; left > 0 && (await wanted()) !== 'the last'; left--) await sleep(20);
    assert.equal(await wanted(), 'the last');
  });
});

describe('applications that ask the host for what is no content', { skip: needsXvfb, timeout: 60_000 }, () => {
  const paste = (env: Watched['env'], target: string) =>
    runClient(env, ['xclip', '-selection', 'clipboard', '-o', '-t', target]);

  it('SAVE_TARGETS and DELETE are refused, TIMESTAMP is told, and the host is asked nothing', async () => {
    await using session = await watchedDesktop();
    let asked = 0;
    await session.clipboard.offer('clipboard', ['text', 'png'], async () => {
      asked++;
      return undefined;
    });
    for (const target of ['SAVE_TARGETS', 'DELETE', 'text/html', 'image/tiff']) {
      await assert.rejects(paste(session.env, target), target);
    }
    assert.ok(Number((await paste(session.env, 'TIMESTAMP')).toString().trim()) > 0);
    assert.equal(asked, 0);
  });

  it('one that asks in the old way, naming no property, is answered in one named as the target', async () => {
    await using session = await watchedDesktop();
    await session.clipboard.offer('clipboard', ['text'], give('old'));
    const { x } = session;
    const atoms = await x.atoms(['CLIPBOARD', 'UTF8_STRING']);
    using window = x.createWindow(PROPERTY_CHANGE);
    let into: number | undefined;
    using _listening = x.listen((event) => {
      if (event.name === 'SelectionNotify' && 'requestor' in event) into = event.property;
    });
    x.client.ConvertSelection(window.id, atoms.CLIPBOARD, atoms.UTF8_STRING, NONE, NOW);
    await until(() => into !== undefined, 'the answer');
    assert.equal(into, atoms.UTF8_STRING);
  });
});
