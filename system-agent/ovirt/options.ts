import type { Config } from '../config/config.ts';

/** How often the host is told, in seconds. The names in brackets are those of ovirt-guest-agent.conf. */
export interface Intervals {
  /** [heart_beat_rate] */
  readonly heartbeat: number;
  /** [report_user_rate] */
  readonly users: number;
  /** [report_num_cpu_rate] */
  readonly cpus: number;
  /** [report_application_rate] paces names, kernel, network and containers too. */
  readonly applications: number;
  /** [report_disk_usage] */
  readonly disks: number;
}

export interface OvirtOptions {
  readonly intervals: Intervals;
  /** Packages that hosts are told of where they are installed. [applications_list] */
  readonly applications: readonly string[];
  /** Types of file systems that are nobody's business. [ignored_fs] */
  readonly ignoredFileSystems: readonly string[];
  /** File systems without any blocks are left out. [ignore_zero_size_fs] */
  readonly ignoreEmptyFileSystems: boolean;
  /** Network interfaces that are nobody's business. [ignored_nics] */
  readonly ignoredNics: readonly string[];
  /** Ours, as the host lists it. */
  readonly version: string;
}

/** What oVirt's door is told of the configuration. @param version ours */
export function ovirtOptions(config: Config, version: string): OvirtOptions {
  return {
    intervals: {
      heartbeat: config.heartbeatSeconds,
      users: config.usersSeconds,
      cpus: config.cpusSeconds,
      applications: config.applicationsSeconds,
      disks: config.disksSeconds,
    },
    applications: config.applicationsList,
    ignoredFileSystems: config.ignoredFileSystems,
    ignoreEmptyFileSystems: config.ignoreEmptyFileSystems,
    ignoredNics: config.ignoredNics,
    version,
  };
}
