/** How often the host is told, in seconds. The names in brackets are those of ovirt-guest-agent.conf. */
export interface Intervals {
  /** [heart_beat_rate] */
  readonly heartbeat: number;
  /** [report_user_rate] */
  readonly users: number;
  /** [report_num_cpu_rate] */
  readonly cpus: number;
  /** [report_application_rate] paces names, kernel and network too. */
  readonly applications: number;
}

export interface OvirtOptions {
  readonly intervals: Intervals;
  /** Network interfaces that are nobody's business. [ignored_nics] */
  readonly ignoredNics: readonly string[];
}

export const DEFAULT_OVIRT_OPTIONS: OvirtOptions = {
  intervals: { heartbeat: 5, users: 10, cpus: 60, applications: 120 },
  ignoredNics: ['docker0'],
};
