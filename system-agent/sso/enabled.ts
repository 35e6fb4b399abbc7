import type { ChannelState } from '../channels/channel.ts';

export const SSO_WORDS = ['auto', 'on', 'off'] as const;
export type SsoEnabled = (typeof SSO_WORDS)[number];

/** Profiles of guests whose users sit at the host's end. */
const PROFILES: ReadonlySet<string> = new Set(['full', 'desktop']);

/**
 * Why no host may log users in now; undefined when one may.
 * @param ovirt of oVirt's channel, undefined where that door is off
 */
export function whyOff(enabled: SsoEnabled, profile: string, ovirt: ChannelState | undefined): string | undefined {
  if (enabled === 'on') return undefined;
  if (enabled === 'off') return '[sso] enabled is off';
  if (!PROFILES.has(profile)) return `the policy's profile is ${profile}`;
  return ovirt === undefined || ovirt === 'closed' || ovirt === 'missing' ? 'there is no oVirt port' : undefined;
}
