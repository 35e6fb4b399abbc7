import type { Printable } from '#shared/json/value.ts';
import type { OvirtOptions } from './options.ts';
import type { OvirtPorts } from './ports.ts';
import type { ApiVersion } from './version.ts';

/** Members of a message beside its name. */
export type Members = Readonly<Record<string, Printable>>;

/** What a report's author writes: something that the host is told. `needs` names the ports it receives, and no more. */
export interface ReportSpec<Needs extends keyof OvirtPorts> {
  /** On the wire, and of the file. */
  readonly name: string;
  /** Lowest API version with this message. Source: ovirt-guest-agent OVirtAgentLogic.py, _MESSAGE_MIN_API_VERSION. */
  readonly since: ApiVersion;
  readonly needs: readonly Needs[];
  /** At once if possible. Whatever it waits for has a deadline. */
  collect(ports: Pick<OvirtPorts, Needs>, options: OvirtOptions): Members | Promise<Members>;
  /** Calls back when the report may have changed, for those that can be told. */
  watch?(ports: Pick<OvirtPorts, Needs>, changed: () => void): Disposable;
}

/** What the door sees: the ports are closed over. */
export interface Report extends Pick<ReportSpec<never>, 'name' | 'since'> {
  isSupported(ports: Partial<OvirtPorts>): boolean;
  collect(ports: Partial<OvirtPorts>, options: OvirtOptions): Members | Promise<Members>;
  /** @returns undefined for a report whose changes nobody tells */
  watch(ports: Partial<OvirtPorts>, changed: () => void): Disposable | undefined;
}

export function defineReport<Needs extends keyof OvirtPorts>(spec: ReportSpec<Needs>): Report {
  const hasAll = (ports: Partial<OvirtPorts>): ports is Pick<OvirtPorts, Needs> =>
    spec.needs.every((port) => ports[port] !== undefined);
  const needed = (ports: Partial<OvirtPorts>): Pick<OvirtPorts, Needs> => {
    if (hasAll(ports)) return ports;
    throw new Error(`${spec.name} was collected without its ports`);
  };
  return {
    name: spec.name,
    since: spec.since,
    isSupported: hasAll,
    collect: (ports, options) => spec.collect(needed(ports), options),
    watch: (ports, changed) => spec.watch?.(needed(ports), changed),
  };
}
