import { spawn } from 'node:child_process';
import { AgentError } from '#shared/errors.ts';
import { MAX_OUTPUT, type Run } from './run.ts';

/** For what a program that has ended has left in its pipes. */
const REST_MS = 250;

/** @see Run */
export const runProgram: Run = ([file, ...args], options) =>
  new Promise((resolve, reject) => {
    const { timeoutMs, input, as, stdoutOnly = false, maxOutput = MAX_OUTPUT } = options;
    const child = spawn(file, args, {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', stdoutOnly ? 'ignore' : 'pipe'],
      detached: true, // its own session, so that the deadline reaches its children too
      ...as, // the C library's setgroups(0) comes with it
    });
    // A program that does not read its input says why in its status.
    child.stdin?.on('error', () => {}).end(input);
    const chunks: Buffer[] = [];
    let size = 0;
    const collect = (chunk: Buffer) => {
      if (size >= maxOutput) return; // read on, so that the program is never blocked by us
      chunks.push(chunk.subarray(0, maxOutput - size));
      size += chunk.length;
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    const deadline = setTimeout(() => {
      if (child.pid !== undefined) killGroup(child.pid);
      reject(new AgentError('timeout', `${file} did not end within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    child.on('error', (cause) => {
      clearTimeout(deadline);
      reject(new AgentError('failed', `failed to exec '${file}': ${cause.message}`, { cause }));
    });
    child.on('exit', (status, signal) => {
      clearTimeout(deadline);
      const end = () => {
        clearTimeout(rest);
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ status: status ?? undefined, signal: signal ?? undefined, output: Buffer.concat(chunks).toString() });
      };
      // What it has printed may still be unread; but a grandchild may hold the pipes for ever.
      const rest = setTimeout(end, REST_MS);
      child.once('close', end);
    });
  });

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in this moment.
  }
}
