import { MemoryLog } from '#shared/log/memory.ts';
import { OvirtDoor, type OvirtParts } from '#system-agent/ovirt/door.ts';
import type { Console, OvirtPorts } from '#system-agent/ovirt/ports.ts';
import { type Word, wordsBetween, wordsFor } from '#system-agent/sessions/console.ts';
import type { Session } from '#system-agent/sessions/sessions.ts';
import type { Sso } from '#system-agent/sso/sso.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { session } from '#test/support/sessions.ts';
import { DEFAULT_OVIRT_OPTIONS } from './options.ts';
import { Vdsm } from './vdsm.ts';

/** Who is at the machine, as the test tells it. */
export class ToldConsole implements Console {
  readonly listeners = new Set<(word: Word) => void>();
  #now: Session | undefined;
  #isKnown = false;

  get words(): readonly Word[] {
    return this.#isKnown ? wordsFor(this.#now) : [];
  }

  onWord(listener: (word: Word) => void): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => this.listeners.delete(listener) };
  }

  /** @param name of the user; nobody is '' */
  tell(name: string, locked = false): void {
    const now = name === '' ? undefined : session('1', { user: name, uid: 1000 + name.length, locked });
    const changes = this.#isKnown ? wordsBetween(this.#now, now, false) : wordsFor(now);
    this.#now = now;
    this.#isKnown = true;
    for (const word of changes) for (const listener of this.listeners) listener(word);
  }
}

/** A door, its channel and its host; the host hears when it is told to (`listen`). */
export async function ovirtRig(parts: Partial<OvirtParts> = {}, channel = new FakeChannel()) {
  const console = new ToldConsole();
  const platform = fakePlatform();
  const logins: string[] = [];
  const sso: Sso = {
    async offer({ user, password, wish }) {
      password.wipe();
      logins.push(`${user} ${wish}`);
      return 'announced';
    },
    describe: () => ({ state: 'idle', why: undefined }),
  };
  const ports: Partial<OvirtPorts> = { ...platform, console, sso };
  const log = new MemoryLog();
  const door = new OvirtDoor({
    channel,
    ports,
    gate: () => undefined,
    options: DEFAULT_OVIRT_OPTIONS,
    log,
    ...parts,
  });
  await door.start();
  const host = new Vdsm((line) => channel.say(line));
  const sent: Buffer[] = [];
  const hear = () => {
    const bytes = Buffer.from(channel.drain(), 'latin1');
    sent.push(bytes);
    host.hear(bytes);
  };
  return {
    channel,
    door,
    host,
    log,
    platform,
    console,
    /** What the host has read since the last time, as it was sent. */
    transcript: () => Buffer.concat(sent.splice(0)),
    logins,
    /** The host reads what was sent, reports that take a turn included, and answers. @returns names, in order */
    async listen(): Promise<string[]> {
      await settled();
      hear();
      await settled();
      hear();
      return host.heard.map(({ name }) => name);
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
