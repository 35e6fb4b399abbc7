import { fstatSync } from 'node:fs';

/**
 * Stops us when standard input ends, if that is a pipe or socket: whoever shows us may be killed and could not end us
 * then, and the pipe that it holds closes by itself.
 */
export function stopWithInput(stopping: AbortController): void {
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isSocket()) return;
  const stop = () => stopping.abort('end of input');
  process.stdin.on('end', stop).on('error', stop);
  process.stdin.resume();
}
