import { connect } from 'node:net';
import path from 'node:path';
import { after } from '#shared/lifecycle/after.ts';
import { watchFolder } from '#shared/native/folder.ts';
import type { Watch } from '#shared/native/readiness.ts';

/** A socket of this machine answers at once or is nobody's. */
const ANSWER_MS = 1_000;
/** A socket's file is there before anybody listens on it, and a start makes several. */
const SETTLE_MS = 500;

/** The session's sound server: whether one runs, now and from now on. */
export interface SoundServer {
  readonly runs: boolean;
  /** Calls after each change, until it is disposed of. */
  watch(changed: () => void): Disposable;
}

/** Looks for it, and looks again only when something happens to one of its sockets. */
export class LocalSoundServer implements SoundServer {
  #runs = false;

  private constructor(private readonly env: NodeJS.ProcessEnv) {}

  static async find(env: NodeJS.ProcessEnv): Promise<LocalSoundServer> {
    const server = new LocalSoundServer(env);
    server.#runs = await hasSoundServer(env);
    return server;
  }

  get runs(): boolean {
    return this.#runs;
  }

  watch(changed: () => void): Disposable {
    let watches: readonly Watch[] = [];
    let soon: Disposable | undefined;
    let looking: Promise<void> = Promise.resolve();
    let isOver = false;
    const close = () => {
      for (const watch of watches) watch.close();
    };
    const look = async () => {
      if (isOver) return;
      close();
      watches = watchSockets(soundSockets(this.env), settle); // a folder of before may be another by now
      const runs = await hasSoundServer(this.env);
      if (isOver || runs === this.#runs) return;
      this.#runs = runs;
      changed();
    };
    const settle = () => {
      soon ??= after(SETTLE_MS, () => {
        soon = undefined;
        looking = looking.then(look);
      });
    };
    looking = look();
    return {
      [Symbol.dispose]() {
        isOver = true;
        soon?.[Symbol.dispose]();
        close();
      },
    };
  }
}

/**
 * Whether the session has a sound server, PulseAudio's or PipeWire's: one that takes a connection. It may be started by
 * that, as by any program that plays a sound.
 */
export async function hasSoundServer(env: NodeJS.ProcessEnv): Promise<boolean> {
  for (const socket of soundSockets(env)) if (await answers(socket)) return true;
  return false;
}

/** Where a server of this session listens. Source: pulseaudio(1), PULSE_RUNTIME_PATH; pipewire(1) */
function soundSockets(env: NodeJS.ProcessEnv): readonly string[] {
  const { PULSE_SERVER, PULSE_RUNTIME_PATH, PIPEWIRE_RUNTIME_DIR, XDG_RUNTIME_DIR } = env;
  const named = /^(?:unix:)?(\/.*)$/.exec(PULSE_SERVER ?? '')?.[1];
  if (PULSE_SERVER !== undefined) return named === undefined ? [] : [named]; // another machine's sound is not this session's
  const pulse = PULSE_RUNTIME_PATH ?? (XDG_RUNTIME_DIR && path.join(XDG_RUNTIME_DIR, 'pulse'));
  const pipewire = PIPEWIRE_RUNTIME_DIR ?? XDG_RUNTIME_DIR;
  return [...under(pulse, 'native'), ...under(pipewire, 'pipewire-0')];
}

function under(folder: string | undefined, name: string): readonly string[] {
  return folder === undefined || !path.isAbsolute(folder) ? [] : [path.join(folder, name)];
}

/** Watches each socket's folder for it, and the folder above for that one: PulseAudio makes its own at its first start. */
function watchSockets(sockets: readonly string[], changed: () => void): readonly Watch[] {
  const names = new Map<string, Set<string>>();
  for (const file of sockets.flatMap((socket) => [path.dirname(socket), socket])) {
    const folder = path.dirname(file);
    names.set(folder, (names.get(folder) ?? new Set()).add(path.basename(file)));
  }
  return [...names].flatMap(([folder, wanted]) => {
    try {
      return [watchFolder(folder, (name) => wanted.has(name) && changed(), 'gone')];
    } catch {
      return []; // not there yet, or not ours to see: then it makes no difference to us
    }
  });
}

function answers(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(file);
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(ANSWER_MS, () => end(false));
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
  });
}
