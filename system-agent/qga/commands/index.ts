import type { Command } from '../command.ts';
import { guestExec } from './guest-exec.ts';
import { guestExecStatus } from './guest-exec-status.ts';
import { guestFileClose } from './guest-file-close.ts';
import { guestFileFlush } from './guest-file-flush.ts';
import { guestFileOpen } from './guest-file-open.ts';
import { guestFileRead } from './guest-file-read.ts';
import { guestFileSeek } from './guest-file-seek.ts';
import { guestFileWrite } from './guest-file-write.ts';
import { guestFsfreezeFreeze } from './guest-fsfreeze-freeze.ts';
import { guestFsfreezeFreezeList } from './guest-fsfreeze-freeze-list.ts';
import { guestFsfreezeStatus } from './guest-fsfreeze-status.ts';
import { guestFsfreezeThaw } from './guest-fsfreeze-thaw.ts';
import { guestFstrim } from './guest-fstrim.ts';
import { guestGetCpustats } from './guest-get-cpustats.ts';
import { guestGetDisks } from './guest-get-disks.ts';
import { guestGetDiskstats } from './guest-get-diskstats.ts';
import { guestGetFsinfo } from './guest-get-fsinfo.ts';
import { guestGetHostName } from './guest-get-host-name.ts';
import { guestGetLoad } from './guest-get-load.ts';
import { guestGetMemoryBlockInfo } from './guest-get-memory-block-info.ts';
import { guestGetMemoryBlocks } from './guest-get-memory-blocks.ts';
import { guestGetOsinfo } from './guest-get-osinfo.ts';
import { guestGetTime } from './guest-get-time.ts';
import { guestGetTimezone } from './guest-get-timezone.ts';
import { guestGetUsers } from './guest-get-users.ts';
import { guestGetVcpus } from './guest-get-vcpus.ts';
import { guestInfo } from './guest-info.ts';
import { guestNetworkGetInterfaces } from './guest-network-get-interfaces.ts';
import { guestNetworkGetRoute } from './guest-network-get-route.ts';
import { guestPing } from './guest-ping.ts';
import { guestSetMemoryBlocks } from './guest-set-memory-blocks.ts';
import { guestSetTime } from './guest-set-time.ts';
import { guestSetUserPassword } from './guest-set-user-password.ts';
import { guestSetVcpus } from './guest-set-vcpus.ts';
import { guestShutdown } from './guest-shutdown.ts';
import { guestSshAddAuthorizedKeys } from './guest-ssh-add-authorized-keys.ts';
import { guestSshGetAuthorizedKeys } from './guest-ssh-get-authorized-keys.ts';
import { guestSshRemoveAuthorizedKeys } from './guest-ssh-remove-authorized-keys.ts';
import { guestSuspendDisk } from './guest-suspend-disk.ts';
import { guestSuspendHybrid } from './guest-suspend-hybrid.ts';
import { guestSuspendRam } from './guest-suspend-ram.ts';
import { guestSync } from './guest-sync.ts';
import { guestSyncDelimited } from './guest-sync-delimited.ts';
import { ugaApplications } from './uga-applications.ts';
import { ugaAuditHead } from './uga-audit-head.ts';
import { ugaContainers } from './uga-containers.ts';
import { ugaEventWait } from './uga-event-wait.ts';
import { ugaFreezeRenew } from './uga-freeze-renew.ts';
import { ugaFreezeStatus } from './uga-freeze-status.ts';
import { ugaMemoryStats } from './uga-memory-stats.ts';
import { ugaQuerySchema } from './uga-query-schema.ts';
import { ugaSessionList } from './uga-session-list.ts';
import { ugaSessionLock } from './uga-session-lock.ts';
import { ugaSessionLogin } from './uga-session-login.ts';
import { ugaSessionLogoff } from './uga-session-logoff.ts';
import { ugaSessionUnlock } from './uga-session-unlock.ts';

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
  guestFsfreezeFreeze,
  guestFsfreezeFreezeList,
  guestFsfreezeStatus,
  guestFsfreezeThaw,
  guestFstrim,
  guestGetCpustats,
  guestGetDisks,
  guestGetDiskstats,
  guestGetFsinfo,
  guestGetHostName,
  guestGetLoad,
  guestGetMemoryBlockInfo,
  guestGetMemoryBlocks,
  guestGetOsinfo,
  guestGetTime,
  guestGetTimezone,
  guestGetUsers,
  guestGetVcpus,
  guestInfo,
  guestNetworkGetInterfaces,
  guestNetworkGetRoute,
  guestPing,
  guestSetMemoryBlocks,
  guestSetTime,
  guestSetUserPassword,
  guestSetVcpus,
  guestShutdown,
  guestSshAddAuthorizedKeys,
  guestSshGetAuthorizedKeys,
  guestSshRemoveAuthorizedKeys,
  guestSuspendDisk,
  guestSuspendHybrid,
  guestSuspendRam,
  guestSync,
  guestSyncDelimited,
  ugaApplications,
  ugaAuditHead,
  ugaContainers,
  ugaEventWait,
  ugaFreezeRenew,
  ugaFreezeStatus,
  ugaMemoryStats,
  ugaQuerySchema,
  ugaSessionList,
  ugaSessionLock,
  ugaSessionLogoff,
  ugaSessionLogin,
  ugaSessionUnlock,
];
