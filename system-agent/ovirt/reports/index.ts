import type { Report } from '../report.ts';
import type { Pace } from '../schedule.ts';
import { activeUser } from './active-user.ts';
import { applications } from './applications.ts';
import { containers } from './containers.ts';
import { disksUsage } from './disks-usage.ts';
import { fqdn } from './fqdn.ts';
import { hostName } from './host-name.ts';
import { networkInterfaces } from './network-interfaces.ts';
import { numberOfCpus } from './number-of-cpus.ts';
import { osInfo } from './os-info.ts';
import { osVersion } from './os-version.ts';
import { sessionStartup } from './session-startup.ts';
import { timezone } from './timezone.ts';

/** Told unasked to the first host: it may have been there all the time and notices no restart of ours. */
export const atStart: readonly Report[] = [
  sessionStartup,
  hostName,
  osVersion,
  networkInterfaces,
  activeUser,
  applications,
  containers,
  fqdn,
  timezone,
  osInfo,
];

/** The answer to `refresh`. */
export const onRefresh: readonly Report[] = [
  sessionStartup,
  activeUser,
  applications,
  containers,
  hostName,
  osVersion,
  networkInterfaces,
  disksUsage,
  fqdn,
  timezone,
  osInfo,
];

/** Told at intervals. Of the users only what has changed. */
export const paced: Readonly<Record<Pace, readonly Report[]>> = {
  users: [activeUser],
  cpus: [numberOfCpus],
  applications: [applications, containers, hostName, osVersion, networkInterfaces, fqdn],
  disks: [disksUsage],
};

/** Told as soon as they change, if they have. The words of sessions have an order, and so a way of their own. */
export const watched: readonly Report[] = [networkInterfaces, disksUsage];
