import type { Check } from '../finding.ts';
import { agent } from './agent.ts';
import { audit } from './audit.ts';
import { bus } from './bus.ts';
import { clock } from './clock.ts';
import { configuration } from './configuration.ts';
import { features } from './features.ts';
import { freeze } from './freeze.ts';
import { holders } from './holders.ts';
import { hooks } from './hooks.ts';
import { hosts } from './hosts.ts';
import { originals } from './originals.ts';
import { policy } from './policy.ts';
import { ports } from './ports.ts';
import { sessions } from './sessions.ts';
import { uinput } from './uinput.ts';
import { unit } from './unit.ts';

/** In the order in which a person would look: from the machine's ports to its desktops. */
export const checks: readonly Check[] = [
  ports,
  holders,
  unit,
  agent,
  hosts,
  audit,
  configuration,
  policy,
  originals,
  freeze,
  hooks,
  bus,
  sessions,
  features,
  uinput,
  clock,
];
