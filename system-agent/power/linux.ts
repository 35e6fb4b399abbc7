import type { Bus } from '#shared/dbus/bus.ts';
import { AgentError } from '#shared/errors.ts';
import { systemTimeNanoseconds } from '#shared/native/clock.ts';
import { failureOf, type Run } from '#shared/process/run.ts';
import { scheduleByLogind } from './logind.ts';
import type { Power, ShutdownMode, ShutdownPlan } from './power.ts';

/** shutdown(8) tells logged-in users why; systems without it have the single-purpose tool. */
const SHUTDOWN = '/sbin/shutdown';
const FLAG: Readonly<Record<ShutdownMode, string>> = { powerdown: '-P', halt: '-H', reboot: '-r' };
const FALLBACK: Readonly<Record<ShutdownMode, string>> = {
  powerdown: '/sbin/poweroff',
  halt: '/sbin/halt',
  reboot: '/sbin/reboot',
};

const microseconds = () => systemTimeNanoseconds() / 1000n;

const MESSAGE = 'hypervisor initiated shutdown';
/** The tools only hand the wish to init; one that hangs must not hold the door for ever (L3). */
const TIMEOUT_MS = 60_000;

/**
 * @param isExecutable tells whether a program is there to be run
 * @param bus the system bus, where logind may be
 */
export function linuxPower(run: Run, isExecutable: (path: string) => boolean, bus?: Bus): Power {
  async function schedule(plan: ShutdownPlan): Promise<void> {
    const isDelayed = plan.delaySeconds > 0;
    if (isDelayed && bus !== undefined && (await scheduleByLogind(bus, plan, microseconds()))) return;
    await scheduleByTool(plan);
  }

  async function scheduleByTool({ mode, delaySeconds, message }: ShutdownPlan): Promise<void> {
    const result = await run(argvOf(mode, Math.ceil(delaySeconds / 60), message), { timeoutMs: TIMEOUT_MS });
    if (result.status !== 0) throw new AgentError('failed', failureOf('shutdown', result));
  }

  function argvOf(mode: ShutdownMode, minutes: number, message: string): readonly [string, ...string[]] {
    // After `--` a message that begins with a dash is a message.
    if (isExecutable(SHUTDOWN)) return [SHUTDOWN, '-h', FLAG[mode], '--', `+${minutes}`, message];
    if (minutes > 0) throw new AgentError('unsupported', `without ${SHUTDOWN} a shutdown cannot be delayed`);
    return [FALLBACK[mode]];
  }

  return {
    shutdown: (mode) => scheduleByTool({ mode, delaySeconds: 0, message: MESSAGE }),
    schedule,
  };
}
