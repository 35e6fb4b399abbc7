import type { JsonObject, Printable } from '#shared/json/value.ts';
import { object, type Schema } from '#shared/schema/schema.ts';
import type { Type } from '#shared/schema/type.ts';
import type { QgaPorts } from './ports.ts';

/** What a command may ask about the door that calls it. */
export interface Call {
  /** Every command this build and system have, with what the gate says of it now. */
  listCommands(): readonly CommandState[];
  /** Aborted when the host that has asked is gone; a command that only waits ends then. */
  readonly host: AbortSignal;
}

export interface CommandState {
  readonly command: Command;
  /** Why it may not run now; undefined when it may. */
  readonly refusal: string | undefined;
}

/** What a command's author writes. `needs` names the ports that `run` receives, and no more. */
export interface CommandSpec<Args, Needs extends keyof QgaPorts> {
  /** On the wire, and of the file. */
  readonly name: `guest-${string}` | `uga-${string}`;
  /** QEMU release whose schema first had it. */
  readonly since: string;
  /** One sentence for people who read the list of commands. */
  readonly summary: string;
  /** What a system must have for the command to be listed. Default: every Linux guest. */
  readonly worksWhere?: string;
  /** How its behaviour is shown, for docs/commands.md, beside the unit tests. test/unit/qga/shown.test.ts holds it to that. */
  readonly testedBy: string;
  readonly args: Schema<Args>;
  /** What `return` holds; `nothing` also for a command that is silent on success. */
  readonly result: Schema<unknown>;
  /** When it fails, beside what every command has: not allowed, not here, arguments that do not fit. */
  readonly errors?: readonly string[];
  readonly needs: readonly Needs[];
  /** Reads and tells, and changes nothing: what the demonstration allows. */
  readonly readOnly: boolean;
  /** The host sees an answer only if it fails (shutdown, suspend). Default: false. */
  readonly silentOnSuccess?: boolean;
  /** The answer is preceded by the byte 0xFF (guest-sync-delimited). Default: false. */
  readonly delimited?: boolean;
  /** As `result` has it; an empty object when undefined. Errors are AgentErrors whose text the host reads. */
  run(args: Args, ports: Pick<QgaPorts, Needs>, call: Call): Printable | undefined | Promise<Printable | undefined>;
}

/** An empty object: that there is an answer says all. */
export const nothing = object({});

/** What the dispatcher sees: the types are closed over, wire values go in and out. */
export interface Command
  extends Pick<CommandSpec<never, never>, 'name' | 'since' | 'summary' | 'worksWhere' | 'testedBy' | 'readOnly'> {
  readonly silentOnSuccess: boolean;
  readonly delimited: boolean;
  readonly arguments: Type;
  readonly result: Schema<unknown>;
  readonly errors: readonly string[];
  isSupported(platform: Partial<QgaPorts>): boolean;
  /** @throws {AgentError} also for arguments that do not fit */
  call(
    args: JsonObject,
    platform: Partial<QgaPorts>,
    call: Call,
  ): Printable | undefined | Promise<Printable | undefined>;
}

export function defineCommand<Args, Needs extends keyof QgaPorts>(spec: CommandSpec<Args, Needs>): Command {
  const hasAll = (platform: Partial<QgaPorts>): platform is Pick<QgaPorts, Needs> =>
    spec.needs.every((port) => platform[port] !== undefined);
  return {
    name: spec.name,
    since: spec.since,
    summary: spec.summary,
    ...(spec.worksWhere === undefined ? {} : { worksWhere: spec.worksWhere }),
    testedBy: spec.testedBy,
    readOnly: spec.readOnly,
    silentOnSuccess: spec.silentOnSuccess ?? false,
    delimited: spec.delimited ?? false,
    arguments: spec.args.type,
    result: spec.result,
    errors: spec.errors ?? [],
    isSupported: hasAll,
    call(args, platform, call) {
      if (!hasAll(platform)) throw new Error(`${spec.name} was called without its ports`);
      return spec.run(spec.args.parse(args, ''), platform, call);
    },
  };
}
