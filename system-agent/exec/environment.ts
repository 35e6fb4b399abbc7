/** What systemd, Node and our own starters tell this process alone: a program that believed it would act for us. */
const SAID_TO_US = /^(NODE_|LISTEN_|WATCHDOG_|UGA_|NOTIFY_SOCKET$|FDSTORE$|MAINPID$|(RUNTIME|STATE)_DIRECTORY$)/;
/** What our unit sets so that this process stays small: others would become slow by it. */
const THRIFT = /^(MALLOC_ARENA_MAX|UV_THREADPOOL_SIZE)$/;

export type Environment = Readonly<Record<string, string>>;

/** What a program gets that was started without an environment of its own. */
export function inheritable(own: NodeJS.ProcessEnv): Environment {
  const pairs = Object.entries(own).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return Object.fromEntries(pairs.filter(([name]) => !SAID_TO_US.test(name) && !THRIFT.test(name)));
}

/**
 * `NAME=value` strings as a program's whole environment. Of a name that stands twice the first counts, as getenv(3) has
 * it; what has no `=` says nothing.
 */
export function parseEnvironment(strings: readonly string[]): Environment {
  const values = new Map<string, string>();
  for (const text of strings) {
    const at = text.indexOf('=', 1);
    if (at === -1) continue;
    const name = text.slice(0, at);
    if (!values.has(name)) values.set(name, text.slice(at + 1));
  }
  return Object.fromEntries(values);
}
