import type { Command } from '../command.ts';
import { guestGetHostName } from './guest-get-host-name.ts';
import { guestGetOsinfo } from './guest-get-osinfo.ts';
import { guestGetTime } from './guest-get-time.ts';
import { guestGetTimezone } from './guest-get-timezone.ts';
import { guestGetUsers } from './guest-get-users.ts';
import { guestInfo } from './guest-info.ts';
import { guestNetworkGetInterfaces } from './guest-network-get-interfaces.ts';
import { guestPing } from './guest-ping.ts';
import { guestSetTime } from './guest-set-time.ts';
import { guestSetUserPassword } from './guest-set-user-password.ts';
import { guestShutdown } from './guest-shutdown.ts';
import { guestSshAddAuthorizedKeys } from './guest-ssh-add-authorized-keys.ts';
import { guestSshGetAuthorizedKeys } from './guest-ssh-get-authorized-keys.ts';
import { guestSshRemoveAuthorizedKeys } from './guest-ssh-remove-authorized-keys.ts';
import { guestSync } from './guest-sync.ts';
import { guestSyncDelimited } from './guest-sync-delimited.ts';

/** Every command of the door: the one table from which lists, help and gates are made. */
export const commands: readonly Command[] = [
  guestGetHostName,
  guestGetOsinfo,
  guestGetTime,
  guestGetTimezone,
  guestGetUsers,
  guestInfo,
  guestNetworkGetInterfaces,
  guestPing,
  guestSetTime,
  guestSetUserPassword,
  guestShutdown,
  guestSshAddAuthorizedKeys,
  guestSshGetAuthorizedKeys,
  guestSshRemoveAuthorizedKeys,
  guestSync,
  guestSyncDelimited,
];
