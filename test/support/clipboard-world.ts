import assert from 'node:assert/strict';
import { CLIPBOARD_TYPES, type ClipboardType, type Selection } from '#protocol/ipc/messages/clipboard.ts';
import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { ClipboardService } from '#session-agent/clipboard/service.ts';
import type { ClipboardListener, ClipboardPort, Provide } from '#session-agent/desktop/backend.ts';
import { wholeOf } from '#shared/bytes/flow.ts';
import { silent } from '#shared/log/log.ts';
import type { SessionAgent } from '#system-agent/session-link/session-link.ts';
import { VdagentDoor } from '#system-agent/vdagent/door.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { FakeSessionLink } from '#test/fakes/served-session.ts';
import { type Chance, pick } from './fuzz.ts';
import { pair } from './link/pair.ts';
import { FakePointer } from './vdagent-door.ts';
import { ScriptedHost } from './vdagent-host.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A SPICE client as spice-gtk behaves: serials, one answer for each request, requests for what it believes in. */
class Client {
  owner: 'nobody' | 'guest' | 'client' = 'nobody';
  #serial = 0;
  #copied = '';
  #guestTypes: readonly ClipboardType[] = [];
  /** What the guest asked for and has not been given. */
  readonly asked: ClipboardType[] = [];
  /** Requests that the guest has not answered. */
  waits = 0;
  /** Announcements that the guest has not answered. */
  #unanswered = 1;
  readonly pasted: string[] = [];

  constructor(
    private readonly host: ScriptedHost,
    private readonly selection: Selection,
  ) {}

  copy(what: string, types: readonly ClipboardType[]): void {
    this.owner = 'client';
    this.#copied = what;
    this.host.send('clipboard-grab', { selection: this.selection, serial: this.#serial++, types });
  }

  release(): void {
    if (this.owner !== 'client') return;
    this.owner = 'nobody';
    this.host.send('clipboard-release', { selection: this.selection });
  }

  request(chance: Chance): void {
    if (this.owner !== 'guest') return;
    this.waits++;
    this.host.send('clipboard-request', { selection: this.selection, type: pick(this.#guestTypes, chance) });
  }

  /** Gives the oldest request what there is now. */
  answer(): void {
    const type = this.asked.shift();
    if (type === undefined) return;
    const { selection } = this;
    const data = Buffer.from(`${this.#copied} ${type}`);
    if (this.owner === 'client') this.host.send('clipboard', { selection, type, data });
    else this.host.send('clipboard', { selection, type: 'none', data: Buffer.alloc(0) });
  }

  /** Another client takes its place. */
  leave(): void {
    this.owner = 'nobody';
    this.#serial = 0;
    this.asked.length = 0;
    this.waits = 0;
    this.#unanswered++;
    this.host.send('client-disconnected', {}, 'server');
    this.host.announce(true);
  }

  hear([name, fields]: readonly [string, Heard]): void {
    if (name === 'announce-capabilities' && !fields.request) this.#unanswered--;
    if (this.#unanswered > 0) return; // said to the former client
    if (name === 'clipboard-grab' && fields.serial === this.#serial) {
      this.#serial++;
      this.owner = 'guest';
      this.#guestTypes = fields.types;
    } else if (name === 'clipboard-release' && this.owner === 'guest') this.owner = 'nobody';
    else if (name === 'clipboard-request') this.asked.push(fields.type);
    else if (name === 'clipboard') {
      assert.ok(this.waits-- > 0, 'an answer too many');
      this.pasted.push(fields.data === '' ? NOTHING : fields.data);
    }
  }
}

interface Heard {
  readonly serial: number;
  readonly types: readonly ClipboardType[];
  readonly type: ClipboardType;
  readonly data: string;
  readonly request: boolean;
}

/** Who pasted, and got none. */
export const NOTHING = 'nothing';

/** A desktop with one application that copies and one that pastes. */
class FakeDesktop implements ClipboardPort {
  readonly types = CLIPBOARD_TYPES;
  owner: 'nobody' | 'application' | 'host' = 'nobody';
  pasting = 0;
  readonly pasted: string[] = [];
  #listener: ClipboardListener | undefined;
  #copied = '';
  #types: readonly ClipboardType[] = [];
  #provide: Provide | undefined;
  isAsking = false;

  constructor(readonly selections: readonly [Selection]) {}

  watch(listener: ClipboardListener): Disposable {
    this.#listener = listener;
    listener.cleared(this.selections[0]);
    return { [Symbol.dispose]: () => {} };
  }

  async read(_: Selection, type: ClipboardType): Promise<Buffer | undefined> {
    return this.owner === 'application' ? Buffer.from(`${this.#copied} ${type}`) : undefined;
  }

  async offer(_: Selection, types: readonly ClipboardType[], provide: Provide): Promise<void> {
    this.owner = 'host';
    this.isAsking = false;
    this.#types = types;
    this.#provide = provide;
  }

  async withdraw(): Promise<void> {
    if (this.owner === 'host') this.owner = 'nobody';
  }

  take(what: string): void {
    this.owner = 'application';
    this.#copied = what;
    this.isAsking = true;
    this.#listener?.took(this.selections[0]);
  }

  /** The application says what it has. */
  say(types: readonly ClipboardType[]): void {
    if (!this.isAsking) return;
    this.isAsking = false;
    if (types.length > 0) return this.#listener?.copied(this.selections[0], types);
    this.owner = 'nobody';
    this.#listener?.cleared(this.selections[0]);
  }

  clear(): void {
    if (this.owner !== 'application') return;
    this.owner = 'nobody';
    this.isAsking = false;
    this.#listener?.cleared(this.selections[0]);
  }

  paste(chance: Chance): void {
    if (this.owner !== 'host' || this.#provide === undefined) return;
    this.pasting++;
    void this.#provide(pick(this.#types, chance)).then(async (content) => {
      const whole = content && (await wholeOf(content));
      this.pasting--;
      this.pasted.push(whole?.toString() ?? NOTHING);
    });
  }
}

/**
 * The whole way of one selection: a client, the SPICE door, the session link, the session agent, a desktop; and all that
 * is on its way between them, which arrives when the test says so.
 */
export async function clipboardWorld(selection: Selection) {
  const channel = new FakeChannel();
  const sessionLink = new FakeSessionLink();
  const toGuest: Uint8Array[] = [];
  const host = new ScriptedHost((bytes) => void toGuest.push(bytes));
  const client = new Client(host, selection);
  const desktop = new FakeDesktop([selection]);
  const { system, session, flow } = pair();
  await flow();
  const nothing = () => ({ [Symbol.dispose]: () => {} });
  const link = {
    notify: session.peer.notify.bind(session.peer),
    call: session.peer.call.bind(session.peer),
    on: session.peer.on.bind(session.peer),
    handle: session.peer.handle.bind(session.peer),
    sendStream: session.peer.sendStream.bind(session.peer),
    receiveStream: session.peer.receiveStream.bind(session.peer),
    openStream: session.peer.openStream.bind(session.peer),
    onUp: nothing,
    onDown: nothing,
  };
  const service = new ClipboardService(desktop, link, silent);
  const agent: SessionAgent = {
    session: '1',
    uid: 1000,
    display: 'x11',
    link: system.peer,
    // Sound changes what is announced when the session is locked; the client takes any announcement for an answer.
    has: (feature) => feature.startsWith('clipboard.'),
  };
  const door = new VdagentDoor({ channel, sessionLink, pointer: new FakePointer(), log: silent });
  let copies = 0;
  let isLocked = true;
  const lock = (locked: boolean) => {
    if (locked === isLocked) return;
    isLocked = locked;
    system.peer.notify(sessionRights, { served: true, clipboard: !locked, files: !locked });
    sessionLink.serve(agent, { isLocked: locked });
  };
  await service.start();
  await door.start();
  channel.connect();
  host.announce(true);

  const down = () => session.peer.receive(system.take());
  const up = () => system.peer.receive(session.take());
  const toClient = () => {
    host.hear(Buffer.from(channel.drain(), 'latin1'));
    for (const message of host.heard()) client.hear(message as [string, Heard]);
  };
  const toDoor = () => {
    const bytes = toGuest.shift();
    if (bytes !== undefined) channel.say(bytes);
  };
  const types = (chance: Chance) => CLIPBOARD_TYPES.filter(() => chance(2) === 0);
  /** What people, applications and clients do. */
  const deeds: Readonly<Record<string, (chance: Chance) => void>> = {
    'the client copies': (chance) => client.copy(`${++copies}`, ['text', ...types(chance)]),
    'the client releases': (chance) => void (chance(4) === 0 && client.release()),
    'the client pastes': (chance) => client.request(chance),
    'the client answers': () => client.answer(),
    'another client': (chance) => void (chance(10) === 0 && client.leave()),
    'an application takes': () => desktop.take(`${++copies}`),
    'it says what it has': (chance) => desktop.say(chance(4) === 0 ? [] : ['text', ...types(chance)]),
    'it ends': (chance) => void (chance(4) === 0 && desktop.clear()),
    'an application pastes': (chance) => desktop.paste(chance),
    'lock or unlock': (chance) => lock(chance(4) === 0),
  };
  const ways: Readonly<Record<string, () => void>> = {
    down,
    up,
    'to the client': toClient,
    'to the door': toDoor,
    'all ways': () => {
      for (const way of [toDoor, down, up, toClient]) way();
    },
  };
  const isQuiet = () =>
    system.waiting + session.waiting + toGuest.length + client.asked.length + client.waits + desktop.pasting === 0 &&
    !desktop.isAsking;

  return {
    client,
    desktop,
    door,
    /** Something happens, or something arrives. @returns what, for people */
    async step(chance: Chance): Promise<string> {
      const [name, happen] = pick(Object.entries(chance(6) === 0 ? deeds : ways), chance);
      happen(chance);
      if (chance(2) === 0) await turn();
      return name;
    },
    /** Everything arrives, everybody answers. @throws when there is no end to it */
    async settle(): Promise<void> {
      lock(false);
      for (let round = 0, quiet = 0; quiet < 3; round++) {
        assert.ok(round < 500, 'it never comes to rest');
        ways['all ways']?.();
        client.answer();
        desktop.say(['text']);
        await turn();
        quiet = isQuiet() ? quiet + 1 : 0;
      }
      assert.deepEqual([system.broken, session.broken, system.bugs, session.bugs], [undefined, undefined, [], []]);
    },
    async end(): Promise<void> {
      await door.stop();
      await service.stop();
      system.peer.close();
      session.peer.close();
    },
  };
}
