import type { JsonValue } from '#shared/json/value.ts';
import { numberOf } from './numbers.ts';

/** What the two sides may say to each other; 0 is what every release knows, and the start. */
export type ApiVersion = 0 | 1 | 2 | 3;

export const MAX_API_VERSION = 3;

/**
 * The API version in force, and what the next heartbeat says of it (L8). Pure.
 *
 * The host compares each heartbeat's number with the version that it holds and speaks up, with `api-version`, only if
 * they differ and the new one is not 0. After a restart of ours, a migration or a `refresh` of the old kind it may hold
 * 3 while we are at 0, would see 3 = 3 and stay silent for ever: hence one heartbeat with 0 first, which makes it forget.
 * Source: VDSM guestagent.py, _handleAPIVersion; ovirt-guest-agent OVirtAgentLogic.py.
 */
export class VersionNegotiation {
  #inForce: ApiVersion = 0;
  #isToBeForgotten = true;

  get inForce(): ApiVersion {
    return this.#inForce;
  }

  /** Another host, or the same after a pause: what it holds is unknown. The version in force stays. */
  hostConnected(): void {
    this.#isToBeForgotten = true;
  }

  /** For the heartbeat that is sent now. */
  nextAnnouncement(): 0 | typeof MAX_API_VERSION {
    const announced = this.#isToBeForgotten ? 0 : MAX_API_VERSION;
    this.#isToBeForgotten = false;
    return announced;
  }

  /** The host has said `refresh` as those do that know no versions. */
  hostHasNone(): void {
    this.#set(0);
  }

  /**
   * @param value of the host's `api-version`: a number or digits; anything else is ignored
   * @returns whether the version has changed: then the host is owed all reports anew
   */
  hostChose(value: JsonValue | undefined): boolean {
    const chosen = numberOf(value);
    if (chosen === undefined) return false;
    return this.#set(Math.min(Math.max(Math.trunc(chosen), 0), MAX_API_VERSION) as ApiVersion);
  }

  #set(version: ApiVersion): boolean {
    const isNew = version !== this.#inForce;
    this.#inForce = version;
    if (isNew && version === 0) this.#isToBeForgotten = true;
    return isNew;
  }
}
