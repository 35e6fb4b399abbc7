import { connect } from 'node:net';
import path from 'node:path';

/** A socket of this machine answers at once or is nobody's. */
const ANSWER_MS = 1_000;

/**
 * Whether the session has a sound server, PulseAudio's or PipeWire's: one that takes a connection. It may be started by
 * that, as by any program that plays a sound. Source: pulseaudio(1), PULSE_RUNTIME_PATH; pipewire(1)
 */
export async function hasSoundServer(env: NodeJS.ProcessEnv): Promise<boolean> {
  const { PULSE_SERVER, PULSE_RUNTIME_PATH, PIPEWIRE_RUNTIME_DIR, XDG_RUNTIME_DIR } = env;
  const named = /^(?:unix:)?(\/.*)$/.exec(PULSE_SERVER ?? '')?.[1];
  if (PULSE_SERVER !== undefined && named === undefined) return false; // another machine's sound is not this session's
  const pulse = PULSE_RUNTIME_PATH ?? (XDG_RUNTIME_DIR && path.join(XDG_RUNTIME_DIR, 'pulse'));
  const pipewire = PIPEWIRE_RUNTIME_DIR ?? XDG_RUNTIME_DIR;
  const sockets = named !== undefined ? [named] : [under(pulse, 'native'), under(pipewire, 'pipewire-0')];
  for (const socket of sockets) if (socket !== undefined && (await answers(socket))) return true;
  return false;
}

function under(folder: string | undefined, name: string): string | undefined {
  return folder === undefined || !path.isAbsolute(folder) ? undefined : path.join(folder, name);
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
