import { type Bus, DEFAULT_CALL_TIMEOUT_MS } from '#shared/dbus/bus.ts';
import { type Call, tuple } from '#shared/dbus/values.ts';
import { flag, type Read } from '#shared/schema/record.ts';

/** A desktop that takes longer hangs. */
export const CALL_MS = Math.min(3_000, DEFAULT_CALL_TIMEOUT_MS);

const oneFlag = tuple(flag);

/** Whether the service runs. Asking starts none. */
export function hasOwner(bus: Bus, name: string): Promise<boolean> {
  const driver = 'org.freedesktop.DBus';
  const call = { destination: driver, path: '/org/freedesktop/DBus', interface: driver, member: 'NameHasOwner' };
  return askFlag(bus, { ...call, signature: 's', body: [name] });
}

/** A call whose answer is one boolean. @throws {AgentError} as `Bus.call`; 'malformed' */
export async function askFlag(bus: Bus, call: Call): Promise<boolean> {
  const [answer]: Read<typeof oneFlag> = oneFlag.read(await bus.call(call, CALL_MS), call.member);
  return answer;
}
