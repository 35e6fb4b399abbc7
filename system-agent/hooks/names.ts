/** Backups and what package managers leave behind; qemu-ga's dispatcher passes over them. */
const LEFT_BEHIND = /(~|\.bak|\.orig|\.rpm(new|orig|save)|\.sample|\.dpkg-[a-z]+)$/;

/** Whether a file of a folder of hooks may be one, by its name; hidden files are none, as for a shell's `*`. */
export function isHookName(name: string): boolean {
  return !name.startsWith('.') && !LEFT_BEHIND.test(name);
}
