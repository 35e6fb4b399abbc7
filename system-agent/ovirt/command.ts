import type { JsonObject, Printable } from '#shared/json/value.ts';
import type { OvirtPorts } from './ports.ts';
import type { Report } from './report.ts';
import type { VersionNegotiation } from './version.ts';

/** What a command may do with the door that it came through. */
export interface Conversation {
  readonly version: VersionNegotiation;
  /** Tells the host everything again. */
  refresh(): void;
  /** Tells it these reports. */
  tell(reports: readonly Report[]): void;
  answer(name: string, members: JsonObject | Readonly<Record<string, Printable>>): void;
}

/** What a command's author writes. `needs` names the ports that `run` receives, and no more. */
export interface CommandSpec<Needs extends keyof OvirtPorts> {
  /** On the wire, and of the file. */
  readonly name: string;
  /** Reads and tells, and changes nothing: what the demonstration allows. */
  readonly readOnly: boolean;
  readonly needs: readonly Needs[];
  /**
   * @param args as the host sent them: members may be missing or of another type, and have defaults then
   * @throws {AgentError} for the log; the protocol has no answers
   */
  run(args: JsonObject, ports: Pick<OvirtPorts, Needs>, conversation: Conversation): void | Promise<void>;
  /** What is done for the host when it may not run, or cannot here. Default: nothing. */
  declined?(args: JsonObject, conversation: Conversation): void;
}

/** What the dispatcher sees: the ports are closed over. */
export interface Command extends Pick<CommandSpec<never>, 'name' | 'readOnly'> {
  isSupported(ports: Partial<OvirtPorts>): boolean;
  decline(args: JsonObject, conversation: Conversation): void;
  call(args: JsonObject, ports: Partial<OvirtPorts>, conversation: Conversation): void | Promise<void>;
}

export function defineCommand<Needs extends keyof OvirtPorts>(spec: CommandSpec<Needs>): Command {
  const hasAll = (ports: Partial<OvirtPorts>): ports is Pick<OvirtPorts, Needs> =>
    spec.needs.every((port) => ports[port] !== undefined);
  return {
    name: spec.name,
    readOnly: spec.readOnly,
    isSupported: hasAll,
    decline: (args, conversation) => spec.declined?.(args, conversation),
    call(args, ports, conversation) {
      if (!hasAll(ports)) throw new Error(`${spec.name} was called without its ports`);
      return spec.run(args, ports, conversation);
    },
  };
}
