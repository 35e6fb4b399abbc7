import type { Bus } from '#shared/dbus/bus.ts';
import type { Log } from '#shared/log/log.ts';
import type { Platform } from '../../platform.ts';
import type { EventSources } from '../watching.ts';
import { addressesSource } from './addresses.ts';
import { clockSource } from './clock.ts';
import { freezeSource } from './freeze.ts';
import { mountsSource } from './mounts.ts';
import { type SessionEvents, sessionsSource } from './sessions.ts';
import { shutdownSource } from './shutdown.ts';

/** All that this system has to tell. */
export function eventSources(
  { clockChanges, freeze, mounts, network }: Partial<Platform>,
  sessions: SessionEvents,
  bus: Bus,
  log: Log,
): EventSources {
  return {
    always: [
      sessionsSource(sessions),
      shutdownSource(bus),
      ...(freeze ? [freezeSource(freeze)] : []),
      ...(clockChanges ? [clockSource(clockChanges)] : []),
    ],
    onDemand: [...(network ? [addressesSource(network, log)] : []), ...(mounts ? [mountsSource(mounts, log)] : [])],
  };
}
