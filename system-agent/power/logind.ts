import type { Bus } from '#shared/dbus/bus.ts';
import type { Call, Value } from '#shared/dbus/values.ts';
import { AgentError } from '#shared/errors.ts';
import type { ShutdownMode, ShutdownPlan } from './power.ts';

const TYPE: Readonly<Record<ShutdownMode, string>> = { powerdown: 'poweroff', halt: 'halt', reboot: 'reboot' };
const CALL_TIMEOUT_MS = 5_000;

/**
 * Leaves a shutdown to logind, which keeps it to the second, tells terminals and forgets an earlier one. org.freedesktop.login1(5)
 * @param now microseconds since the epoch
 * @returns whether it has accepted
 */
export async function scheduleByLogind(bus: Bus, plan: ShutdownPlan, now: bigint): Promise<boolean> {
  const at = now + BigInt(Math.round(plan.delaySeconds * 1_000_000));
  try {
    await bus.call(manager('SetWallMessage', 'sb', plan.message, true), CALL_TIMEOUT_MS);
    await bus.call(manager('ScheduleShutdown', 'st', TYPE[plan.mode], at), CALL_TIMEOUT_MS);
    return true;
  } catch (error) {
    if (error instanceof AgentError) return false;
    throw error;
  }
}

function manager(member: string, signature: string, ...body: readonly Value[]): Call {
  return {
    destination: 'org.freedesktop.login1',
    path: '/org/freedesktop/login1',
    interface: 'org.freedesktop.login1.Manager',
    member,
    signature,
    body,
  };
}
