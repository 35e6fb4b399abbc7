import { BusClient } from '#shared/dbus/client.ts';
import { type Value, Variant } from '#shared/dbus/values.ts';
import { silent } from '#shared/log/log.ts';
import { MANAGER_PATH, SERVICE, SESSION } from '#system-agent/sessions/login1.ts';
import type { Session } from '#system-agent/sessions/sessions.ts';
import { Program } from '../programs.ts';
import { until } from '../until.ts';
import type { PrivateBus } from './daemon.ts';
import { Peer } from './peer.ts';

const PROPERTIES = 'org.freedesktop.DBus.Properties';
const MANAGER = 'org.freedesktop.login1.Manager';
const MOCK = 'org.freedesktop.DBus.Mock';

/** A logind that shows the sessions it is given, and signals each difference as logind does. */
export interface PlayedLogind extends AsyncDisposable {
  show(sessions: readonly Session[]): Promise<void>;
  /** Says that the system goes down, which it does not. */
  announceShutdown(): Promise<void>;
}

export type StartLogind = (bus: PrivateBus) => Promise<PlayedLogind>;

/** The properties whose names and types are the same in both plays. */
const simple = (one: Session): [string, 's' | 'b', string | boolean][] => [
  ['Class', 's', one.class],
  ['Type', 's', one.type],
  ['Active', 'b', one.active],
  ['LockedHint', 'b', one.locked],
  ['State', 's', one.state],
  ['Service', 's', one.service ?? ''],
];

/** On the independent implementation of D-Bus. Objects have escaped names, as logind's. */
export class NativeLogind implements PlayedLogind {
  #sessions: readonly Session[] = [];

  private constructor(readonly peer: Peer) {}

  static async start(bus: PrivateBus): Promise<NativeLogind> {
    const logind = new NativeLogind(await Peer.start(bus.address));
    await logind.#answer([]);
    await logind.peer.send('own', { name: SERVICE });
    return logind;
  }

  objectOf(id: string): string {
    return `${MANAGER_PATH}/session/_${id.charCodeAt(0).toString(16)}${id.slice(1)}`;
  }

  async show(sessions: readonly Session[]): Promise<void> {
    const before = new Map(this.#sessions.map((one) => [one.id, one]));
    this.#sessions = sessions;
    await this.#answer(sessions);
    const kept = new Set(sessions.map((one) => one.id));
    await this.peer.send('forget', {
      keys: [...before.keys()].filter((id) => !kept.has(id)).map((id) => this.#propertiesOf(id)),
    });
    for (const one of sessions) {
      const former = before.get(one.id);
      if (former === undefined) await this.#manager('SessionNew', one.id);
      else if (JSON.stringify(former) !== JSON.stringify(one)) await this.#changed(one);
      before.delete(one.id);
    }
    for (const id of before.keys()) await this.#manager('SessionRemoved', id);
  }

  async announceShutdown(): Promise<void> {
    const signal = { path: MANAGER_PATH, interface: MANAGER, member: 'PrepareForShutdown' };
    await this.peer.send('emit', { ...signal, signature: 'b', body: [true] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer[Symbol.asyncDispose]();
  }

  /** In this implementation's own form: variants as pairs of signature and value, dictionaries as lists of pairs. */
  async #answer(sessions: readonly Session[]): Promise<void> {
    const list = sessions.map(({ id, uid, user, seat }) => [id, uid, user, seat ?? '', this.objectOf(id)]);
    const key = `${MANAGER_PATH} ${MANAGER} ListSessions`;
    await this.peer.send('answer', { key, signature: 'a(susso)', body: [list] });
    for (const one of sessions) {
      const seatPath = one.seat === undefined ? '/' : `${MANAGER_PATH}/seat/${one.seat}`;
      const properties = [
        ['Id', ['s', one.id]],
        ['Name', ['s', one.user]],
        ['User', ['(uo)', [one.uid, `${MANAGER_PATH}/user/_${one.uid}`]]],
        ['Seat', ['(so)', [one.seat ?? '', seatPath]]],
        ...simple(one).map(([name, signature, value]) => [name, [signature, value]]),
      ];
      await this.peer.send('answer', { key: this.#propertiesOf(one.id), signature: 'a{sv}', body: [properties] });
    }
  }

  #propertiesOf(id: string): string {
    return `${this.objectOf(id)} ${PROPERTIES} GetAll`;
  }

  #manager(member: string, id: string): Promise<string> {
    const body = [id, this.objectOf(id)];
    return this.peer.send('emit', { path: MANAGER_PATH, interface: MANAGER, member, signature: 'so', body });
  }

  /** logind names what has changed without its value where that is dear. */
  #changed({ id }: Session): Promise<string> {
    const signal = { path: this.objectOf(id), interface: PROPERTIES, member: 'PropertiesChanged' };
    return this.peer.send('emit', { ...signal, signature: 'sa{sv}as', body: [SESSION, [], ['Active']] });
  }
}

/** python-dbusmock's own logind. */
export class MockLogind implements PlayedLogind {
  #sessions = new Map<string, Session>();

  private constructor(
    private readonly program: Program,
    private readonly control: BusClient,
  ) {}

  static async start(bus: PrivateBus): Promise<MockLogind> {
    const environment = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: bus.address };
    const program = new Program(
      ['/usr/bin/python3', '-m', 'dbusmock', '--system', '--template', 'logind'],
      environment,
    );
    const control = new BusClient([bus.socket], silent);
    let owner: string | undefined;
    control.watchName(SERVICE, (name) => {
      owner = name;
    });
    await control.start();
    await until(() => owner !== undefined || !program.running, 'the mock has its name');
    if (owner === undefined) {
      await control.stop();
      throw new Error(`the mock has ended: ${program.stderr}`);
    }
    return new MockLogind(program, control);
  }

  async show(sessions: readonly Session[]): Promise<void> {
    const gone = new Set(this.#sessions.keys());
    for (const one of sessions) {
      gone.delete(one.id);
      const former = this.#sessions.get(one.id);
      if (JSON.stringify(former) === JSON.stringify(one)) continue;
      if (former === undefined) {
        const body = [one.id, one.seat ?? 'none', one.uid, one.user, one.active];
        await this.#mock(MANAGER_PATH, 'AddSession', 'ssusb', body);
      }
      const changes = new Map<Value, Value>(
        simple(one).map(([name, signature, value]) => [name, new Variant(signature, value)]),
      );
      if (one.seat === undefined) changes.set('Seat', new Variant('(so)', ['', '/']));
      await this.#mock(objectOf(one.id), 'UpdateProperties', 'sa{sv}', [SESSION, changes]);
      if (former === undefined) await this.#manager('SessionNew', one.id);
    }
    for (const id of gone) {
      await this.#mock(MANAGER_PATH, 'RemoveObject', 's', [objectOf(id)]);
      await this.#manager('SessionRemoved', id);
    }
    this.#sessions = new Map(sessions.map((one) => [one.id, one]));
  }

  async announceShutdown(): Promise<void> {
    const body = [new Variant('b', true)];
    await this.#mock(MANAGER_PATH, 'EmitSignal', 'sssav', [MANAGER, 'PrepareForShutdown', 'b', body]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control.stop();
    await this.program[Symbol.asyncDispose]();
  }

  async #manager(member: string, id: string): Promise<void> {
    const body = [new Variant('s', id), new Variant('o', objectOf(id))];
    await this.#mock(MANAGER_PATH, 'EmitSignal', 'sssav', [MANAGER, member, 'so', body]);
  }

  async #mock(path: string, member: string, signature: string, body: readonly Value[]): Promise<void> {
    await this.control.call({ destination: SERVICE, path, interface: MOCK, member, signature, body });
  }
}

function objectOf(id: string): string {
  return `${MANAGER_PATH}/session/${id}`;
}
