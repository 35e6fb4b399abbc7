import { existsSync } from 'node:fs';
import { BusClient } from '#shared/dbus/client.ts';
import type { Value } from '#shared/dbus/values.ts';
import { silent } from '#shared/log/log.ts';
import { Program, without } from '../programs.ts';
import { until } from '../until.ts';
import type { PrivateBus } from './daemon.ts';

const MODULE = '/usr/lib/python3/dist-packages/dbusmock/__main__.py';

export const needsMock = without('dbus-daemon') || (existsSync(MODULE) ? false : 'python3-dbusmock is not installed');

/** One of python-dbusmock's services on a session bus, with a connection to look at it. */
export class Mock implements AsyncDisposable {
  private constructor(
    private readonly program: Program,
    readonly bus: BusClient,
    private readonly place: readonly [service: string, path: string, iface: string],
  ) {}

  /** @param options of dbusmock besides the place: `-t TEMPLATE` */
  static async start(
    bus: PrivateBus,
    place: readonly [service: string, path: string, iface: string],
    options: readonly string[] = [],
  ): Promise<Mock> {
    const environment = { ...process.env, DBUS_SESSION_BUS_ADDRESS: bus.address };
    const what = options.length > 0 ? options : place;
    const program = new Program(['/usr/bin/python3', '-m', 'dbusmock', '--session', ...what], environment);
    const client = new BusClient([bus.socket], silent);
    let owner: string | undefined;
    client.watchName(place[0], (name) => {
      owner = name;
    });
    await client.start();
    await until(() => owner !== undefined || !program.running, 'the mock has its name');
    if (owner === undefined) {
      await client.stop();
      throw new Error(`the mock has ended: ${program.stderr}`);
    }
    return new Mock(program, client, place);
  }

  /** Adds a method that only notes that it was called. */
  async takes(member: string, signature: string): Promise<void> {
    await this.#mock('AddMethod', 'sssss', [this.place[2], member, signature, '', '']);
  }

  /** The arguments of each call of a method so far. */
  async callsOf(member: string): Promise<readonly (readonly Value[])[]> {
    const [calls] = await this.#mock('GetMethodCalls', 's', [member]);
    return (calls as readonly (readonly [time: Value, args: readonly Value[]])[]).map(([, args]) => args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bus.stop();
    await this.program[Symbol.asyncDispose]();
  }

  #mock(member: string, signature: string, body: readonly Value[]): Promise<readonly Value[]> {
    const [destination, path] = this.place;
    return this.bus.call({ destination, path, interface: 'org.freedesktop.DBus.Mock', member, signature, body });
  }
}
