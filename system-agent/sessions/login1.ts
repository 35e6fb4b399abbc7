import { type Call, tuple } from '#shared/dbus/values.ts';
import { flag, integer, maybe, record, text } from '#shared/schema/record.ts';
import type { Session } from './sessions.ts';

/** The calls, signals and answers of org.freedesktop.login1 that are used. Source: org.freedesktop.login1(5). */
export const SERVICE = 'org.freedesktop.login1';
export const MANAGER_PATH = '/org/freedesktop/login1';
const MANAGER = 'org.freedesktop.login1.Manager';
export const SESSION = 'org.freedesktop.login1.Session';
export const SEAT = 'org.freedesktop.login1.Seat';
const PROPERTIES = 'org.freedesktop.DBus.Properties';

const id = text(64);
const path = text(512);
const uid = integer(0, 0xffff_ffff);

export const listSessions: Call = {
  destination: SERVICE,
  path: MANAGER_PATH,
  interface: MANAGER,
  member: 'ListSessions',
};
/** One of the answer's list: id, uid, user, seat, object. */
export const listedSession = tuple(id, uid, text(256), id, path);

export function getSession(object: string): Call {
  return {
    destination: SERVICE,
    path: object,
    interface: PROPERTIES,
    member: 'GetAll',
    signature: 's',
    body: [SESSION],
  };
}

/** Of a session's id: its lock screen lets its user in without a question. */
export function unlockSession(session: string): Call {
  return {
    destination: SERVICE,
    path: MANAGER_PATH,
    interface: MANAGER,
    member: 'UnlockSession',
    signature: 's',
    body: [session],
  };
}

const answer = tuple(
  record({
    Id: id,
    User: tuple(uid, path),
    Name: text(256),
    Class: text(32),
    Type: text(32),
    Seat: tuple(id, path),
    Active: flag,
    /** Since systemd 230. */
    LockedHint: maybe(flag),
    State: text(32),
    Service: maybe(text(256)),
  }),
);

/**
 * @param body the answer to getSession
 * @throws {AgentError} 'malformed'
 */
export function readSession(body: unknown): { readonly session: Session; readonly seatPath: string } {
  const [properties] = answer.read(body, 'session');
  const [seat, seatPath] = properties.Seat;
  return {
    seatPath,
    session: {
      id: properties.Id,
      uid: properties.User[0],
      user: properties.Name,
      class: properties.Class,
      type: properties.Type,
      seat: seat === '' ? undefined : seat,
      active: properties.Active,
      locked: properties.LockedHint ?? false,
      state: properties.State,
      ...(properties.Service && { service: properties.Service }),
    },
  };
}

const ofManager = { sender: SERVICE, interface: MANAGER, path: MANAGER_PATH };
export const sessionNew = { ...ofManager, member: 'SessionNew' };
export const sessionRemoved = { ...ofManager, member: 'SessionRemoved' };
/** Body: whether it begins, or was called off. */
export const prepareForShutdown = { ...ofManager, member: 'PrepareForShutdown' };
/** Body of the first two: id and object. */
export const sessionNamed = tuple(id, path);
/** From sessions and seats; the first member of the body names the interface. */
export const propertiesChanged = { sender: SERVICE, interface: PROPERTIES, member: 'PropertiesChanged' };
