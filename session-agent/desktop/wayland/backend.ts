import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { connectUnix } from '#shared/native/unix-socket.ts';
import type { Desktop, DesktopBackend, DesktopPort, SessionInfo } from '../backend.ts';
import { connectPatiently } from '../patience.ts';
import { compositorPath, isWaylandSession } from './address.ts';
import { clipboardWays } from './clipboard/ways.ts';
import { WaylandConnection } from './connection.ts';
import { monitorWays } from './monitors/ways.ts';
import { pointerLayoutWays } from './pointer-layout/ways.ts';
import { Registry } from './registry.ts';
import { type Choice, choose, type Opened, type Place, untilPossible, type Way } from './way.ts';

/** A compositor that is started again in its session, on its old socket: KDE Plasma keeps that open for it. */
const STARTING_MS = 60_000;
/** What ends with a compositor does so in no order: its socket may close a little after the connections. */
const ENDING_MS = 500;

const POINTER = "a Wayland session's pointer is moved by a device only: the virtual tablet";

/** What any way goes by. */
const WATCHED: ReadonlySet<string> = new Set(
  [...clipboardWays, ...monitorWays, ...pointerLayoutWays].flatMap(({ globals }) => globals),
);

/** Sessions of a Wayland compositor: each port by the best way that is offered here and now. */
export const wayland: DesktopBackend = {
  name: 'wayland',
  detect: ({ env }) => isWaylandSession(env),

  async open({ env, bus, log, pollsClipboard = false }: SessionInfo, signal: AbortSignal): Promise<Desktop> {
    const { connection, registry } = await connectPatiently(() => connect(env, log, signal), signal);
    try {
      // Before anything is chosen: what comes or goes from here on is noticed.
      const watch = watchOffer(registry);
      return await openPorts({ connection, registry, env, bus, log, pollsClipboard, signal }, watch);
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
  },
};

async function connect(env: SessionInfo['env'], log: Log, signal: AbortSignal) {
  const path = compositorPath(env);
  if (path === undefined) throw new AgentError('unsupported', 'XDG_RUNTIME_DIR does not say where the compositor is');
  const connection = WaylandConnection.open(path, log);
  const giveUp = () => connection[Symbol.dispose]();
  signal.addEventListener('abort', giveUp);
  try {
    return { connection, registry: await Registry.of(connection, STARTING_MS) };
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function openPorts(place: Place, offerChanged: Promise<string>): Promise<Desktop> {
  const all: Opened<unknown>[] = [];
  const later: Way<unknown>[] = [];
  const closing = new AbortController();
  const close = async () => {
    closing.abort();
    for (const one of all.splice(0).reverse()) await one[Symbol.asyncDispose]();
  };
  const take = async <P>(port: DesktopPort, ways: readonly Way<P>[]): Promise<Choice<P>> => {
    const choice = await choose(port, ways, place);
    if (choice.opened) all.push(choice.opened);
    else later.push(...choice.later);
    return choice;
  };
  try {
    const clipboard = await take('clipboard', clipboardWays);
    const monitors = await take('monitors', monitorWays);
    const pointerLayout = await take('pointerLayout', pointerLayoutWays);
    const choices = { clipboard, monitors, pointerLayout };
    const { lost, thrownOut } = ends(place);
    const possible = later.length === 0 ? [] : [untilPossible(later, { ...place, signal: closing.signal })];
    return {
      display: 'wayland',
      by: pick(choices, (choice) => choice.opened && choice.by),
      lacks: { ...pick(choices, (choice) => (choice.opened ? undefined : choice.why)), pointer: POINTER },
      lost,
      changed: first([offerChanged, thrownOut, ...possible, ...all.flatMap(({ ended }) => ended ?? [])]),
      ...(clipboard.opened && { clipboard: clipboard.opened.port }),
      ...(monitors.opened && { monitors: monitors.opened.port }),
      ...(pointerLayout.opened && { pointerLayout: pointerLayout.opened.port }),
      async [Symbol.asyncDispose]() {
        await close();
        place.connection[Symbol.dispose]();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * A compositor that has thrown us out may take us again, and so may the next one where the session keeps its socket. One that has
 * closed without a word and listens no more takes the session with it.
 */
function ends({ connection, env }: Place) {
  const hasEnded = connection.lost.then(async () => {
    if (connection.wasThrownOut) return false;
    await sleep(ENDING_MS);
    return !isListening(compositorPath(env));
  });
  const when = (ended: boolean, text: string) =>
    new Promise<string>((resolve) => {
      void connection.lost.then(async (why) => (await hasEnded) === ended && resolve(`${text}: ${why}`));
    });
  return {
    lost: when(true, 'the Wayland session has ended'),
    thrownOut: when(false, 'the connection to the compositor has ended'),
  };
}

function isListening(path: string | undefined): boolean {
  try {
    closeSync(connectUnix(path ?? ''));
    return true;
  } catch {
    return false;
  }
}

/** The reason that comes first; none comes of what was given up. */
function first(reasons: readonly Promise<string>[]): Promise<string> {
  return new Promise((resolve) => {
    for (const reason of reasons) reason.then(resolve, () => {});
  });
}

type Choices = Readonly<Partial<Record<DesktopPort, Choice<unknown>>>>;

function pick(
  choices: Choices,
  of: (choice: Choice<unknown>) => string | undefined,
): Partial<Record<DesktopPort, string>> {
  const pairs = Object.entries(choices).map(([port, choice]) => [port, of(choice)]);
  return Object.fromEntries(pairs.filter(([, text]) => text !== undefined));
}

/** Resolves when something comes that a way goes by and that was not there, or the last of it goes. */
function watchOffer(registry: Registry): Promise<string> {
  return new Promise((resolve) => {
    registry.listen({
      appeared: (global) => {
        if (WATCHED.has(global.interface) && registry.all({ name: global.interface }).length === 1)
          resolve(`the compositor offers ${global.interface} now`);
      },
      gone: (global) => {
        if (WATCHED.has(global.interface) && !registry.has({ name: global.interface }))
          resolve(`the compositor does not offer ${global.interface} any more`);
      },
    });
  });
}
