/** Whom a process belongs to; a session scope names both. */
export interface CgroupOwner {
  readonly session?: string;
  readonly uid: number;
}

/** The kernel has no user above: (uid_t) -1 means "none". */
const MAX_UID = 0xffff_fffe;

/**
 * Where systemd puts sessions, and nothing below: from there on the names may be the user's own choice.
 *
 *     /user.slice/user-1000.slice/session-2.scope[/...]
 *     /user.slice/user-1000.slice/user@1000.service[/...]
 */
const PLACE =
  /^\/user\.slice\/user-(0|[1-9]\d{0,9})\.slice\/(?:session-([A-Za-z0-9]{1,64})\.scope|user@(0|[1-9]\d{0,9})\.service)(?:\/.*)?$/;

/**
 * @param text of /proc/PID/cgroup: lines `hierarchy:controllers:path`. Of several hierarchies those of systemd count: the
 *   unified one and the one named after it; where there are both they must agree.
 * @returns undefined for what is no session's, or not certainly
 * Source: cgroups(7), systemd's "Control Group APIs and Delegation", pam_systemd(8).
 */
export function ownerOfCgroup(text: string): CgroupOwner | undefined {
  const paths = text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return path !== undefined && (controllers === '' || controllers === 'name=systemd') ? [path] : [];
  });
  // Under version 1 without systemd's hybrid, the unified hierarchy is there and nobody is in it.
  const [owner, ...others] = paths.filter((path, _, all) => all.length === 1 || path !== '/').map(ownerOfPath);
  const same = others.every((other) => other?.session === owner?.session && other?.uid === owner?.uid);
  return same ? owner : undefined;
}

function ownerOfPath(path: string): CgroupOwner | undefined {
  const [, slice, session, service] = PLACE.exec(path) ?? [];
  const uid = Number(slice);
  if (slice === undefined || uid > MAX_UID || (service !== undefined && service !== slice)) return undefined;
  return session === undefined ? { uid } : { session, uid };
}
