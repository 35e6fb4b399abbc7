import { existsSync } from 'node:fs';
import { systemBus } from '#shared/dbus/address.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { AgentError } from '#shared/errors.ts';
import { silent } from '#shared/log/log.ts';
import { readConfiguration } from '../config/read.ts';
import { askOnce } from '../control/client.ts';
import { guardPlace } from '../freeze/guard/place.ts';
import { hookPlaces } from '../freeze/hooks/places.ts';
import { lifecycleFolders } from '../lifecycle/places.ts';
import type { Facts, Known, UnitFact } from './facts.ts';
import { readClock } from './probes/clock.ts';
import { readHooks } from './probes/hooks.ts';
import { originalsAmong, readPackages } from './probes/originals.ts';
import { readPorts } from './probes/ports.ts';
import { findHolders, readProcesses } from './probes/processes.ts';
import { askLogind, askUnit } from './probes/services.ts';

const UNIT = 'uga-system-agent.service';
const GUARD = 'uga-freeze-guard.socket';

/** For each question to somebody else; they are asked at the same time. */
const ASK_MS = 1_000;

export interface GatherOptions {
  readonly config: string | undefined;
  readonly control: string | undefined;
}

/** Looks at the machine, and changes and starts nothing. */
export async function gatherFacts(options: GatherOptions): Promise<Facts> {
  const configuration = readConfiguration({ file: options.config });
  const { config, problems } = configuration;
  const isRoot = process.getuid?.() === 0;
  const [agent, services] = await Promise.all([
    asked(() => askOnce(options.control ?? config.control, ASK_MS)),
    askServices(),
  ]);
  const ports = readPorts('/sys/class/virtio-ports');
  const processes = readProcesses('/proc');
  return {
    isRoot,
    installed: { version: UGA_VERSION, commit: UGA_COMMIT },
    config,
    problems,
    hooks: readHooks(hookPlaces(configuration), lifecycleFolders(config)),
    agent,
    ports,
    holders: isRoot
      ? findHolders('/proc', ports?.map(({ node }) => node) ?? [], processes)
      : { known: false, why: 'only root sees the open files of others' },
    uinput: { driver: existsSync('/sys/devices/virtual/misc/uinput'), node: existsSync('/dev/uinput') },
    bus: services.bus,
    unit: services.unit,
    guard: { program: guardPlace() !== undefined, socket: services.guard },
    clock: readClock('/sys/class/rtc/rtc0/since_epoch', '/etc/adjtime', process.argv[1] ?? ''),
    originals: { packages: readPackages('/var/lib/dpkg/status'), running: originalsAmong(processes) },
  };
}

async function askServices(): Promise<Pick<Facts, 'bus' | 'unit'> & { readonly guard: Known<UnitFact> }> {
  const bus = new BusClient(systemBus(process.env), silent);
  const connected = new Promise<boolean>((resolve) => {
    bus.onState(resolve);
    setTimeout(resolve, ASK_MS, false).unref();
  });
  try {
    await bus.start();
    if (!bus.connected && !(await connected)) {
      const away = { known: false, why: 'the system bus cannot be reached' } as const;
      return { bus: away, unit: away, guard: away };
    }
    const [logind, unit, guard] = await Promise.all([
      askLogind(bus, ASK_MS),
      askUnit(bus, UNIT, ASK_MS / 3),
      askUnit(bus, GUARD, ASK_MS / 3),
    ]);
    return { bus: logind, unit, guard };
  } finally {
    await bus.stop();
  }
}

async function asked<T>(ask: () => Promise<T>): Promise<Known<T>> {
  try {
    return { known: true, value: await ask() };
  } catch (error) {
    if (error instanceof AgentError) return { known: false, why: error.message };
    throw error;
  }
}
