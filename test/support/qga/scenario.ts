import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { assertConfined } from '#test/support/oracle.ts';
import { locate } from '#test/support/programs.ts';
import { RawClient } from '#test/support/raw-client.ts';

/** An answer as JSON.parse gives it; handles and ids are small. */
export interface Answer {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

/**
 * A command and its arguments. `$1` stands for the first handle or pid that the scenario was given, `@` at the start of
 * a text for the folder; `until` repeats guest-exec-status until the program has ended.
 */
export type Step = readonly [command: string, args?: Readonly<Record<string, unknown>>];

export const b64 = (text: string) => Buffer.from(text).toString('base64');

/** What a scenario finds in its folder. Harmless programs only: the real qemu-ga starts them too. */
const PROGRAMS = ['true', 'false', 'cat', 'printf', 'env', 'pwd', 'sleep'];
const SCRIPTS: Readonly<Record<string, string>> = {
  fail7: 'exit 7',
  killed: 'kill -TERM $$',
  'killed-34': 'kill -34 $$',
  both: 'echo out; echo err >&2; echo out again',
  daemon: '(sleep 0.5; echo late) & echo early',
  left: '(exec >/dev/null 2>&1; sleep 1) & echo gone',
  names: 'printf "%s|" "$0" "$@"',
  big: 'head -c "$1" /dev/zero; printf done >&2',
  reopen: 'echo a >/dev/stdout; echo b >/dev/stderr',
  state: 'echo "$(umask)"; cat; grep -E "^Sig(Blk|Ign)" /proc/self/status',
  inherited: 'ls /proc/self/fd | tr "\\n" " "',
  deaf: 'exec 0<&-; sleep 0.2; echo fine',
};

export function prepare(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  for (const program of PROGRAMS) symlinkSync(locate(program) ?? '', path.join(folder, 'bin', program));
  for (const [name, text] of Object.entries(SCRIPTS)) {
    writeFileSync(path.join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  writeFileSync(path.join(folder, 'bin', 'no-interpreter'), 'echo plain text\n', { mode: 0o755 });
  writeFileSync(path.join(folder, 'bin', 'not-executable'), 'text', { mode: 0o644 });
  writeFileSync(path.join(folder, 'bin', 'bad-interpreter'), '#!/nowhere/sh\n', { mode: 0o755 });
  mkdirSync(path.join(folder, 'bin', 'folder'));
  mkdirSync(path.join(folder, 'directory'));
  writeFileSync(path.join(folder, 'fourteen'), 'hello, world!\n', { mode: 0o600 });
  writeFileSync(path.join(folder, 'large'), Buffer.from(Array.from({ length: 100_003 }, (_, at) => (at * 7) % 251)));
  execFileSync('mkfifo', [path.join(folder, 'fifo')]);
  symlinkSync('/dev/full', path.join(folder, 'full'));
  symlinkSync('/dev/null', path.join(folder, 'null'));
  symlinkSync('/proc/self/mounts', path.join(folder, 'proc'));
  symlinkSync('loop', path.join(folder, 'loop'));
}

/** Names, modes and content of the regular files that a scenario leaves. */
export function leftBehind(folder: string): Record<string, string> {
  const left: Record<string, string> = {};
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { name } of files) {
    const file = path.join(folder, name);
    left[name] = `${(statSync(file).mode & 0o7777).toString(8)} ${readFileSync(file).toString('base64')}`;
  }
  return left;
}

/** Sends the steps one by one over one connection. Requests leave only if they stay in the folder. */
export async function play(socket: string, folder: string, steps: readonly Step[]): Promise<Answer[]> {
  using client = await RawClient.connect(socket);
  const numbers: number[] = [];
  const answers: Answer[] = [];
  for (const [command, args] of steps) {
    const wait = command === 'until';
    const request = requestOf(wait ? 'guest-exec-status' : command, args, folder, numbers);
    assertConfined(folder, request);
    let answer: Answer;
    const end = Date.now() + 20_000;
    do {
      client.send(request);
      answer = JSON.parse((await client.lines(1))[0] ?? '') as Answer;
    } while (wait && isRunning(answer) && Date.now() < end);
    const number = numberIn(answer);
    if (number !== undefined) numbers.push(number);
    answers.push(number === undefined ? answer : { return: 'a number' });
  }
  return answers.map((answer) => withoutNumbers(answer, numbers));
}

function requestOf(command: string, args: Step[1], folder: string, numbers: readonly number[]): string {
  const text = JSON.stringify({ execute: command, arguments: args });
  return text
    .replace(/"\$(\d)"/g, (_, index: string) => `${numbers[Number(index) - 1] ?? 0}`)
    .replace(/(["=:])@(?=\/)/g, (_, before: string) => `${before}${folder}`);
}

function isRunning(answer: Answer): boolean {
  const status = answer.return as { exited?: boolean } | undefined;
  return status?.exited === false;
}

/** The handle or pid that an answer gives. */
function numberIn({ return: value }: Answer): number | undefined {
  if (typeof value === 'number') return value;
  const pid = (value as { pid?: unknown } | undefined)?.pid;
  return typeof pid === 'number' ? pid : undefined;
}

function withoutNumbers(answer: Answer, numbers: readonly number[]): Answer {
  const text = JSON.stringify(answer, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return JSON.parse(numbers.reduce((all, number, at) => all.replaceAll(`'${number}'`, `'$${at + 1}'`), text)) as Answer;
}
