import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clockAhead } from '../guest/clock.ts';
import type { RootShell } from '../guest/root-shell.ts';
import type { OvirtMessage, Vdsm } from '../ovirt/vdsm.ts';
import { until } from '../support/wait.ts';
import { slowness } from './served.ts';

const SOON_MS = 30_000;
/** So soon after logind's own signal a host hears of it, on an idle machine. */
const WORD_MS = 1_000;
/** What is told twice comes within this. */
const TWICE_MS = 1_500;

/** A message of oVirt, `active-user` with its name. */
export type Word = readonly [word: string, name?: string];

/** What an oVirt host hears of the sessions of a guest in which `watchLogind` runs. */
export class Words {
  constructor(
    private readonly vdsm: Vdsm,
    private readonly shell: RootShell,
  ) {}

  /**
   * Each of these comes once, and nothing else of its kind does, soon after what logind has told.
   * @param since ms of our clock
   * @param cause when logind told it, ms of the guest's clock
   */
  async areToldOnce(t: TestContext, since: number, words: readonly Word[], cause: () => Promise<number>) {
    await until(SOON_MS, words.join(), async () => this.since(since).length >= words.length || undefined);
    await sleep(TWICE_MS);
    // Who is there is also told at its interval, and then a little before what has happened.
    assert.deepEqual(inAnyOrder(this.since(since)), inAnyOrder(words));
    const signal = (await cause()) - (await clockAhead(this.shell));
    for (const message of this.#messages(since)) {
      const delay = Math.round(this.vdsm.heardAt(message) - signal);
      const text = `${wordOf(message).join(' ')}: ${delay} ms after logind's signal`;
      t.diagnostic(text);
      assert.ok(delay <= WORD_MS * slowness(), text);
    }
  }

  /** All words since then, in their order. */
  since(since: number): Word[] {
    return this.#messages(since).map(wordOf);
  }

  #messages(since: number): OvirtMessage[] {
    return KINDS.flatMap((kind) => this.vdsm.all(kind))
      .filter((message) => this.vdsm.heardAt(message) > since)
      .sort((a, b) => this.vdsm.messages.indexOf(a) - this.vdsm.messages.indexOf(b));
  }
}

const KINDS = ['active-user', 'session-logon', 'session-logoff', 'session-lock', 'session-unlock'];

const inAnyOrder = (words: readonly Word[]) => words.map((word) => word.join(' ')).sort();

function wordOf({ __name__, name }: OvirtMessage): Word {
  return name === undefined ? [__name__] : [__name__, String(name)];
}
