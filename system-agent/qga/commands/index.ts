import type { Command } from '../command.ts';
import { guestExec } from './guest-exec.ts';
import { guestExecStatus } from './guest-exec-status.ts';
import { guestFileClose } from './guest-file-close.ts';
import { guestFileFlush } from './guest-file-flush.ts';
import { guestFileOpen } from './guest-file-open.ts';
import { guestFileRead } from './guest-file-read.ts';
import { guestFileSeek } from './guest-file-seek.ts';
import { guestFileWrite } from './guest-file-write.ts';
import { guestGetHostName } from './guest-get-host-name.ts';
import { guestGetOsinfo } from './guest-get-osinfo.ts';
import { guestGetTime } from './guest-get-time.ts';
import { guestGetTimezone } from './guest-get-timezone.ts';
import { guestGetUsers } from './guest-get-users.ts';
import { guestInfo } from './guest-info.ts';
import { guestNetworkGetInterfaces } from './guest-network-get-interfaces.ts';
import { guestPing } from './guest-ping.ts';
import { guestShutdown } from './guest-shutdown.ts';
import { guestSync } from './guest-sync.ts';
import { guestSyncDelimited } from './guest-sync-delimited.ts';

/** Every command of the door: the one table from which lists, help and gates are made. */
export const commands: readonly Command[] = [
  guestExec,
  guestExecStatus,
  guestFileClose,
  guestFileFlush,
  guestFileOpen,
  guestFileRead,
  guestFileSeek,
  guestFileWrite,
  guestGetHostName,
  guestGetOsinfo,
  guestGetTime,
  guestGetTimezone,
  guestGetUsers,
  guestInfo,
  guestNetworkGetInterfaces,
  guestPing,
  guestShutdown,
  guestSync,
  guestSyncDelimited,
];
