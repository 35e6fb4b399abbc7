import type { Follow } from '#protocol/ipc/messages/monitors.ts';
import type { LogLevel } from '#shared/log/log.ts';
import type { OnFailure } from '../audit/trail.ts';
import type { ChannelSpec } from '../channels/spec.ts';
import { type Direction, KINDS, type Kind, MOST_MEBIBYTES } from '../clipboard/rules.ts';
import type { UinputSpec } from '../pointer/spec.ts';
import { POLICY_FILE } from '../policy/policy.ts';
import { RECEIVE, type WhenDone } from '../received-files/rules.ts';
import type { OnDisconnect } from '../session-control/departure.ts';
import type { OtherUser } from '../sso/decision.ts';
import type { SsoEnabled } from '../sso/enabled.ts';

/** What is in force: defaults, then the originals' configuration, then our files, then the command line. */
export interface Config {
  /** The QEMU guest agent's channel. */
  readonly qga: ChannelSpec;
  /** oVirt's channel. */
  readonly ovirt: ChannelSpec;
  /** SPICE's channel. */
  readonly vdagent: ChannelSpec;
  /** Commands that hosts may not run: those of our own files, all places together. */
  readonly blockRpcs: readonly string[];
  /** Commands that our own files allow, in each place that has such a list. */
  readonly allowRpcs: AllowList;
  /** What hosts may do at which door: policy/policy.ts. */
  readonly policyFile: string;
  /** Seconds between two reports to oVirt: ovirt/options.ts. */
  readonly heartbeatSeconds: number;
  readonly usersSeconds: number;
  readonly cpusSeconds: number;
  readonly applicationsSeconds: number;
  readonly disksSeconds: number;
  /** Packages that oVirt is told of. */
  readonly applicationsList: readonly string[];
  /** Types of file systems that it is not told of. */
  readonly ignoredFileSystems: readonly string[];
  readonly ignoreEmptyFileSystems: boolean;
  readonly ignoredNics: readonly string[];
  /** Folder of hooks for migration and hibernation, or `off`. */
  readonly lifecycleDirectory: string;
  /** qemu-ga's freeze script: its path, `auto` as qemu-ga was told, `off`. */
  readonly freezeHook: string;
  /** For each freeze hook in each phase. */
  readonly hookSeconds: number;
  /** Folder of freeze hooks, or `off`. */
  readonly hooksDirectory: string;
  /** Seconds after which a guest that was frozen thaws by itself. */
  readonly freezeLease: number;
  /** Socket for the agents of login sessions. */
  readonly link: string;
  /** Users whose session agents are served where there is no logind to ask. */
  readonly allowUids: readonly number[];
  /** Program that locks a screen where no screen saver runs, with its arguments; empty: none. */
  readonly locker: readonly string[];
  /** Seconds between a wish for a log-off and its end. */
  readonly logOffGrace: number;
  /** Users are told on their desktop what hosts did. */
  readonly notices: boolean;
  /** What becomes of the sessions when the SPICE client leaves. */
  readonly onDisconnect: OnDisconnect;
  readonly uinput: UinputSpec;
  /** Which way clipboards cross, and what of them: clipboard/rules.ts. */
  readonly clipboardDirection: Direction;
  readonly clipboardKinds: readonly Kind[];
  /** Longest content of any kind, and of text, in MiB. */
  readonly clipboardMebibytes: number;
  readonly clipboardTextMebibytes: number;
  /** Who changes a desktop whose display device has changed. */
  readonly follow: Follow;
  /** Clients may have the desktop do without effects. */
  readonly effects: boolean;
  /** Where files of clients go, and what becomes of the last: received-files/rules.ts. */
  readonly filesFolder: string;
  readonly filesWhenDone: WhenDone;
  /** Socket for `uga status` and `uga doctor`. */
  readonly control: string;
  readonly stateDir: string;
  /** Folder of the log of what hosts do, or `off`. */
  readonly auditDirectory: string;
  readonly auditOnFailure: OnFailure;
  /** Of one file of it, in MiB. */
  readonly auditMebibytes: number;
  /** Files of it that are kept. */
  readonly auditFiles: number;
  /** Whether hosts may log users in to their desktops. */
  readonly sso: SsoEnabled;
  /** What becomes of a login while another user's session is in the foreground. */
  readonly ssoOtherUser: OtherUser;
  readonly logLevel: LogLevel;
  /** Read the configuration of the agents that this one replaces. */
  readonly honourOriginals: boolean;
}

/** '*' is every command; an empty list is none. */
export type AllowList = '*' | readonly string[];

export const DEFAULT_FILE = '/etc/uga/uga.conf';

/** Both as in the default.conf of ovirt-guest-agent 1.0.16. */
const APPLICATIONS =
  'kernel ovirt-guest-agent ovirt-guest-agent-common xorg-x11-drv-qxl linux-image xserver-xorg-video-qxl xf86-video-qxl ' +
  'kernel-desktop kernel-default kernel-trace kernel-vanilla kernel-debug kernel-ec2 kernel-xen kernel-ppc64 cloud-init';
const IGNORED_FILE_SYSTEMS =
  'autofs binfmt_misc cgroup cgroup2 configfs debugfs devpts devtmpfs fusectl fuse.gvfsd-fuse fuse.gvfs-fuse-daemon ' +
  'hugetlbfs mqueue nfsd proc pstore rootfs rpc_pipefs securityfs selinuxfs sysfs tmpfs tracefs udev usbfs';

export const DEFAULTS: Config = {
  qga: { kind: 'virtio', name: 'org.qemu.guest_agent.0' },
  ovirt: { kind: 'virtio', name: 'ovirt-guest-agent.0' },
  vdagent: { kind: 'virtio', name: 'com.redhat.spice.0' },
  blockRpcs: [],
  allowRpcs: '*',
  policyFile: POLICY_FILE,
  heartbeatSeconds: 5,
  usersSeconds: 10,
  cpusSeconds: 60,
  applicationsSeconds: 120,
  disksSeconds: 300,
  applicationsList: APPLICATIONS.split(' '),
  ignoredFileSystems: IGNORED_FILE_SYSTEMS.split(' '),
  ignoreEmptyFileSystems: true,
  ignoredNics: ['docker0'],
  lifecycleDirectory: '/etc/uga/lifecycle.d',
  freezeHook: 'auto',
  hookSeconds: 60,
  hooksDirectory: '/etc/uga/freeze.d',
  freezeLease: 600,
  link: '/run/uga/link.sock',
  allowUids: [],
  locker: [],
  logOffGrace: 30,
  notices: false,
  onDisconnect: 'none',
  uinput: { kind: 'auto' },
  clipboardDirection: 'both',
  clipboardKinds: KINDS,
  clipboardMebibytes: MOST_MEBIBYTES,
  clipboardTextMebibytes: MOST_MEBIBYTES,
  follow: 'auto',
  effects: true,
  filesFolder: RECEIVE.folder,
  filesWhenDone: RECEIVE.whenDone,
  control: '/run/uga/control.sock',
  stateDir: '/var/lib/uga',
  auditDirectory: '/var/log/uga',
  auditOnFailure: 'continue',
  auditMebibytes: 8,
  auditFiles: 8,
  sso: 'auto',
  ssoOtherUser: 'refuse',
  logLevel: 'info',
  honourOriginals: true,
};
