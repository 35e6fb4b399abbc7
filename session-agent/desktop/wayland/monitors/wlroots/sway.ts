import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { encodeSwayMessage, RUN_COMMAND, swayAnswerIn, swayFailureIn } from '#protocol/sway/ipc.ts';
import { AgentError } from '#shared/errors.ts';
import type { Setting } from '../scene.ts';

const ANSWER_MS = 5_000;
/** As the kernel and wlroots name connectors: nothing that sway's command language would read otherwise. */
const PLAIN = /^[\w-]{1,64}$/;

/** Settings whose size no mode of the display has and that it does not show yet. */
export function ofNoMode(settings: readonly Setting[]): readonly Setting[] {
  return settings.filter(({ mode, size, head: { name, shown } }) => {
    const isShown = shown?.size.width === size.width && shown.size.height === size.height;
    return mode === undefined && !isShown && PLAIN.test(name);
  });
}

/**
 * Has sway make modes of those sizes. Its wlr-output-management does not do it on a device: it calls that a success and keeps
 * the mode (sway 1.7).
 * @param socket SWAYSOCK of the session
 * @throws {AgentError} 'failed', 'malformed', 'timeout'
 */
export async function makeModes(socket: string, settings: readonly Setting[]): Promise<void> {
  const commands = settings.map(
    ({ head, size, area }) =>
      `output ${head.name} mode --custom ${size.width}x${size.height} position ${area.x} ${area.y}`,
  );
  const failure = swayFailureIn(await ask(socket, commands.join('; ')));
  if (failure !== undefined) throw new AgentError('failed', failure);
}

function ask(path: string, commands: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const deadline = setTimeout(() => fail('timeout', 'sway does not answer'), ANSWER_MS);
    const close = () => {
      clearTimeout(deadline);
      socket.destroy();
    };
    const fail = (code: AgentError['code'], why: string) => {
      close();
      reject(new AgentError(code, why));
    };
    let came: Buffer = Buffer.alloc(0);
    socket.on('error', (error) => fail('failed', `sway: ${error.message}`));
    socket.on('close', () => fail('failed', 'sway has closed its socket'));
    socket.on('data', (bytes) => {
      try {
        came = Buffer.concat([came, bytes]);
        const answer = swayAnswerIn(came);
        if (answer === undefined) return;
        resolve(answer);
        close();
      } catch (error) {
        fail('malformed', error instanceof Error ? error.message : String(error));
      }
    });
    socket.write(encodeSwayMessage(RUN_COMMAND, commands));
  });
}
