import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { AgentError } from '#shared/errors.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import type { Run } from '#shared/process/run.ts';
import type { Sleep, SleepMode } from './sleep.ts';
import { sleepBy, type Way } from './ways.ts';

const STATE = '/sys/power/state';
/** Programs hand the wish to systemd or write a file. The clock of this limit stands still while the guest sleeps. */
const TIMEOUT_MS = 60_000;

/**
 * QEMU's three ways in its order: systemd, pm-utils, the kernel itself. Programs instead of systemd's D-Bus interface,
 * because this must also work where the bus does not, and is asked for rarely.
 *
 * @param find absolute path of a program of the system
 * @returns undefined where the kernel cannot sleep, as in a container: then nothing above it can either
 */
export function linuxSleep(run: Run, find: (name: string) => string | undefined): Sleep | undefined {
  if (kernelStates() === '') return undefined;

  /** Exit status; undefined when there is no such program or a signal ended it. */
  async function statusOf(name: string, ...args: readonly string[]): Promise<number | undefined> {
    const program = find(name);
    return program === undefined ? undefined : (await run([program, ...args], { timeoutMs: TIMEOUT_MS })).status;
  }

  async function enterBy(name: string, ...args: readonly string[]): Promise<void> {
    const status = await statusOf(name, ...args);
    if (status === 0) return;
    const words = [name, ...args].join(' ');
    const how =
      status === undefined ? 'was not found or was killed' : `returned an unexpected exit status code (${status})`;
    throw new AgentError('failed', `the helper program '${words}' ${how}`);
  }

  const systemd: Way = {
    /** 1 to 3: there is such a unit, and it does not run. `systemctl status` follows LSB, 4 is "unknown". */
    async supports(mode) {
      const status = (await statusOf('systemctl', 'status', SYSTEMD_UNITS[mode])) ?? 0;
      return status >= 1 && status <= 3;
    },
    enter: (mode) => enterBy('systemctl', SYSTEMD_VERBS[mode]),
  };
  const pmUtils: Way = {
    supports: async (mode) => (await statusOf('pm-is-supported', PM_QUESTIONS[mode])) === 0,
    enter: (mode) => enterBy(PM_PROGRAMS[mode]),
  };
  const ways = [systemd, pmUtils, kernel];
  return { sleep: (mode) => sleepBy(ways, mode) };
}

const SYSTEMD_UNITS = { disk: 'systemd-hibernate', ram: 'systemd-suspend', hybrid: 'systemd-hybrid-sleep' };
const SYSTEMD_VERBS = { disk: 'hibernate', ram: 'suspend', hybrid: 'hybrid-sleep' };
const PM_QUESTIONS = { disk: '--hibernate', ram: '--suspend', hybrid: '--suspend-hybrid' };
const PM_PROGRAMS = { disk: 'pm-hibernate', ram: 'pm-suspend', hybrid: 'pm-suspend-hybrid' };

/** What /sys/power/state takes. Documentation/admin-guide/pm/sleep-states.rst */
const KERNEL_WORDS: Readonly<Record<SleepMode, string | undefined>> = { disk: 'disk', ram: 'mem', hybrid: undefined };

const kernel: Way = {
  async supports(mode) {
    const word = KERNEL_WORDS[mode];
    return word !== undefined && kernelStates().split(/\s+/).includes(word);
  },
  async enter(mode) {
    try {
      await using state = await open(STATE, 'r+');
      await state.write(KERNEL_WORDS[mode] ?? '');
    } catch (error) {
      throw new AgentError('failed', `suspend: cannot write to '${STATE}': ${systemErrorText(error)}`, {
        cause: error,
      });
    }
  },
};

function kernelStates(): string {
  try {
    return readFileSync(STATE, 'latin1').trim();
  } catch {
    return '';
  }
}
