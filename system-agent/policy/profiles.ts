import { CLASS_NAMES, type Class } from './classes.ts';

interface ProfileRow {
  /** For whom it is, as a sentence. */
  readonly help: string;
  readonly allows: readonly Class[];
}

/** Ready-made policies. A host may do what is of a class that stands here, and nothing else. */
export const PROFILES = {
  full: { help: 'Everything, as qemu-ga allows it: the host is trusted.', allows: CLASS_NAMES },
  desktop: {
    help: "A desktop that is looked at through its host: no files, programs or accounts, and no look at the guest's disks.",
    allows: [
      'link',
      'system',
      'network',
      'users',
      'events',
      'power',
      'sleep',
      'time',
      'display',
      'pointer',
      'clipboard-in',
      'clipboard-out',
      'files-in',
      'session',
      'login',
    ],
  },
  'backup-only': {
    help: 'The host takes consistent backups and nothing else.',
    allows: ['link', 'storage', 'freeze', 'lifecycle'],
  },
  observe: {
    help: 'The host sees how the guest is and changes nothing.',
    allows: ['link', 'system', 'network', 'users', 'storage', 'events'],
  },
  minimal: { help: 'The host knows which system runs and can shut it down.', allows: ['link', 'system', 'power'] },
  confidential: {
    help: 'The host is not trusted: it learns nothing and can ask for an orderly shutdown.',
    allows: ['link', 'power'],
  },
} as const satisfies Readonly<Record<string, ProfileRow>>;

export type ProfileName = keyof typeof PROFILES;
export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];
export const DEFAULT_PROFILE: ProfileName = 'full';

export function classesOf(profile: ProfileName): ReadonlySet<Class> {
  return new Set<Class>(PROFILES[profile].allows);
}

export function isProfile(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name);
}
