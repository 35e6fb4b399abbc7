import {
  CREDENTIAL_SOCKET,
  encodeCredentials,
  MAX_PASSWORD_BYTES,
  MAX_STOCK_BLOCK_BYTES,
  MAX_USER_BYTES,
} from '#protocol/ovirt/credential-block.ts';
import type { Secret } from '#shared/bytes/secret.ts';
import type { OfferingBus } from '#shared/dbus/offer.ts';
import { Offer } from '#shared/dbus/offer.ts';
import { AgentError } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { FindAccount } from '../accounts/accounts.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { personNamed } from './accounts.ts';
import { CREDENTIALS, userAuthenticated } from './announcement.ts';
import { CredentialServer } from './credential-server.ts';
import type { OtherUser } from './decision.ts';
import { type Effect, type Input, initial, type State, step, tokenOf, wakeAt } from './machine.ts';
import type { Login, Sso, SsoDescription, SsoSystem } from './sso.ts';
import { newToken } from './token.ts';

export interface BrokerParts {
  readonly bus: OfferingBus;
  readonly sessions: Sessions;
  readonly find: FindAccount;
  readonly system: SsoSystem;
  readonly otherUser: OtherUser;
  /** Whether logins are wanted now: a reason why not, or undefined. Asked at each login, and after `look`. */
  readonly isOff: () => string | undefined;
  readonly log: Log;
  /** For tests: another name, other callers, another clock. */
  readonly socket?: string;
  readonly callerUid?: number;
  readonly now?: () => number;
}

/**
 * Holds the password of one login from its offer to its end, and carries out what the machine decides. Name and socket are
 * ours for as long as logins are wanted, so that no greeter ever hears of a login that it cannot fetch.
 */
export class CredentialBroker implements Sso, Service {
  readonly name = 'sso';
  readonly #parts: BrokerParts;
  readonly #now: () => number;
  readonly #server: CredentialServer;
  #state: State = initial;
  #password: Secret | undefined;
  /** Of the effect that hands the password over. */
  #given: Buffer | undefined;
  #offer: Offer | undefined;
  #sessions: Disposable | undefined;
  #wake: Disposable | undefined;
  #declined: string | undefined;

  constructor(parts: BrokerParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
    this.#server = new CredentialServer({
      name: parts.socket ?? CREDENTIAL_SOCKET,
      take: (token) => this.#take(token),
      changed: () => this.#lookForObstacles(),
      log: parts.log,
      ...(parts.callerUid !== undefined && { uid: parts.callerUid }),
    });
  }

  async start(): Promise<void> {
    const { sessions } = this.#parts;
    this.#sessions = sessions.onChange((snapshot) => this.#feed({ on: 'sessions', snapshot }));
    this.#feed({ on: 'sessions', snapshot: sessions.snapshot });
    this.look();
  }

  async stop(): Promise<void> {
    this.#sessions?.[Symbol.dispose]();
    this.#feed({ on: 'stop' });
    this.#close();
  }

  /** To be called when `isOff` may have changed its mind. */
  look(): void {
    if (this.#sessions === undefined) return;
    if (this.#parts.isOff() !== undefined) return this.#close();
    if (this.#offer !== undefined) return;
    this.#offer = new Offer(this.#parts.bus, CREDENTIALS, () => this.#lookForObstacles());
    this.#server.start();
    this.#lookForObstacles();
  }

  describe(): SsoDescription {
    const off = this.#parts.isOff();
    if (off !== undefined) return { state: 'off', why: off };
    return { state: this.#state.pending?.stage.is ?? 'idle', why: this.#state.obstacle };
  }

  async offer({ user, password: theirs, wish }: Login): Promise<'waiting' | 'announced' | 'checking'> {
    const password = theirs.move();
    try {
      this.look();
      const off = this.#parts.isOff();
      if (off !== undefined) throw new AgentError('refused', off);
      refuseBad(user, password.bytes);
      const { uid, name } = await personNamed(user, this.#parts.find);
      return this.#begin({ uid, name, wish }, password.move());
    } finally {
      password.wipe();
    }
  }

  #begin(
    offer: { uid: number; name: string; wish: Login['wish'] },
    password: Secret,
  ): 'waiting' | 'announced' | 'checking' {
    const { log } = this.#parts;
    this.#declined = undefined;
    const effects = this.#step({ on: 'offer', offer });
    if (effects.some((effect) => effect.do === 'decline')) password.wipe();
    else {
      this.#password?.wipe(); // of the login that this one replaces
      this.#password = password;
    }
    this.#perform(effects);
    const stage = this.#state.pending?.stage.is;
    if (this.#declined !== undefined) throw new AgentError('refused', this.#declined);
    if (stage === undefined) throw new AgentError('refused', 'the login has ended at once');
    log.info('a login is offered', { user: offer.name, state: stage });
    return stage;
  }

  #take(token: Buffer): Buffer | undefined {
    this.#feed({ on: 'token', token });
    const given = this.#given;
    this.#given = undefined;
    return given;
  }

  #feed(input: Input): void {
    this.#perform(this.#step(input));
  }

  #step(input: Input): readonly Effect[] {
    const { otherUser } = this.#parts;
    const { state, effects } = step(this.#state, input, { now: this.#now(), otherUser, newToken });
    const token = tokenOf(this.#state);
    if (token !== tokenOf(state)) token?.fill(0);
    this.#state = state;
    this.#wake?.[Symbol.dispose]();
    const at = wakeAt(state);
    this.#wake = at === undefined ? undefined : after(Math.max(0, at - this.#now()), () => this.#feed({ on: 'time' }));
    return effects;
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'announce':
          this.#announce(effect.token);
          break;
        case 'give':
          this.#given = this.#blockFor(effect.user);
          break;
        case 'check':
          void this.#check(effect.user);
          break;
        case 'unlock':
          void this.#unlock(effect.session);
          break;
        case 'end':
          this.#password?.wipe();
          this.#password = undefined;
          if (effect.how === 'refused') this.#declined = effect.reason;
          this.#parts.log.info('a login has ended', { how: effect.how, reason: effect.reason });
          break;
        case 'replace':
          this.#parts.log.info('a newer login of this user replaces one');
          break;
        case 'decline':
          this.#declined = effect.reason;
          this.#parts.log.info('a login is not taken', { reason: effect.reason });
      }
    }
  }

  #announce(token: Buffer): void {
    try {
      this.#offer?.emit(userAuthenticated(token));
    } catch (error) {
      this.#parts.log.warn('a login cannot be announced', { error }); // and again in a moment
    }
  }

  #blockFor(user: string): Buffer | undefined {
    if (this.#password === undefined) return undefined;
    const block = encodeCredentials(user, this.#password.bytes);
    if (block.length > MAX_STOCK_BLOCK_BYTES) {
      this.#parts.log.info('user and password are longer than what pam_ovirt_cred reads; pam_uga_cred takes them');
    }
    return block;
  }

  async #check(user: string): Promise<void> {
    const password = this.#password;
    if (password === undefined) return;
    let uid: number | undefined;
    try {
      uid = await this.#parts.system.check(user, password);
    } catch (error) {
      this.#parts.log.warn('PAM cannot be asked', { error });
    }
    if (password === this.#password) this.#feed({ on: 'checked', uid }); // else that login is over
  }

  async #unlock(session: string): Promise<void> {
    try {
      await this.#parts.system.unlock(session);
    } catch (error) {
      this.#parts.log.warn('a session cannot be unlocked', { session, error });
    }
  }

  /** The socket is there before anything is said of it. */
  #lookForObstacles(): void {
    const off = this.#offer === undefined ? (this.#parts.isOff() ?? 'not started') : undefined;
    this.#feed({ on: 'obstacle', obstacle: off ?? this.#server.obstacle ?? this.#offer?.obstacle });
  }

  #close(): void {
    if (this.#offer === undefined) return;
    this.#offer[Symbol.dispose]();
    this.#offer = undefined;
    this.#server.stop();
    this.#lookForObstacles();
  }
}

const NUL = 0;

function refuseBad(user: string, password: Buffer): void {
  const bad = (why: string) => new AgentError('invalid-argument', why);
  if (user === '' || user.includes('\0')) throw bad('not a name of a user');
  if (Buffer.byteLength(user) > MAX_USER_BYTES) throw bad(`a name of a user has at most ${MAX_USER_BYTES} bytes`);
  if (password.length === 0) throw bad('an empty password logs nobody in');
  if (password.includes(NUL)) throw bad('a password has no NUL in it');
  if (password.length > MAX_PASSWORD_BYTES) throw bad(`a password has at most ${MAX_PASSWORD_BYTES} bytes`);
}
