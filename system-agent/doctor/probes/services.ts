import type { Bus } from '#shared/dbus/bus.ts';
import { tuple } from '#shared/dbus/values.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { flag, text } from '#shared/schema/record.ts';
import type { Known, UnitFact } from '../facts.ts';

const DRIVER = 'org.freedesktop.DBus';
const SYSTEMD = 'org.freedesktop.systemd1';
const MANAGER = { destination: SYSTEMD, path: '/org/freedesktop/systemd1', interface: `${SYSTEMD}.Manager` };

/** Which services are on the bus; starts none. */
export async function askLogind(bus: Bus, timeoutMs: number): Promise<Known<{ readonly logind: boolean }>> {
  return known(async () => ({ logind: await hasOwner(bus, 'org.freedesktop.login1', timeoutMs) }));
}

async function hasOwner(bus: Bus, name: string, timeoutMs: number): Promise<boolean> {
  const call = { destination: DRIVER, path: '/org/freedesktop/DBus', interface: DRIVER, member: 'NameHasOwner' };
  const body = await bus.call({ ...call, signature: 's', body: [name] }, timeoutMs);
  return tuple(flag).read(body, 'NameHasOwner')[0];
}

/** Source: org.freedesktop.systemd1(5). Loads no unit. */
export async function askUnit(bus: Bus, unit: string, timeoutMs: number): Promise<Known<UnitFact>> {
  return known(async () => {
    if (!(await hasOwner(bus, SYSTEMD, timeoutMs))) throw new AgentError('not-found', 'systemd is not on the bus');
    const file = await orAbsent(async () => {
      const body = await bus.call({ ...MANAGER, member: 'GetUnitFileState', signature: 's', body: [unit] }, timeoutMs);
      return tuple(text(64)).read(body, 'GetUnitFileState')[0];
    });
    const active = await orAbsent(async () => {
      const body = await bus.call({ ...MANAGER, member: 'GetUnit', signature: 's', body: [unit] }, timeoutMs);
      const [path] = tuple(text(512)).read(body, 'GetUnit');
      const properties = { destination: SYSTEMD, path, interface: 'org.freedesktop.DBus.Properties', member: 'Get' };
      const state = await bus.call(
        { ...properties, signature: 'ss', body: [`${SYSTEMD}.Unit`, 'ActiveState'] },
        timeoutMs,
      );
      return tuple(text(64)).read(state, 'ActiveState')[0];
    });
    return { file, active };
  });
}

async function known<T>(ask: () => Promise<T>): Promise<Known<T>> {
  try {
    return { known: true, value: await ask() };
  } catch (error) {
    if (error instanceof AgentError) return { known: false, why: messageOf(error) };
    throw error;
  }
}

/** systemd answers with one error or another when there is no such unit. */
async function orAbsent(ask: () => Promise<string>): Promise<string | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AgentError && ['failed', 'not-found'].includes(error.code)) return undefined;
    throw error;
  }
}
