import type { SignalMatch } from './bus.ts';

/**
 * The match rule of a subscription. Names and paths have no character that needs quoting; what has one is refused by
 * the bus. Source: D-Bus specification, Match Rules.
 */
export function ruleOf({ sender, interface: iface, member, path }: SignalMatch): string {
  const rule = `type='signal',sender='${sender}',interface='${iface}',member='${member}'`;
  return path === undefined ? rule : `${rule},path='${path}'`;
}

export function ownerRule(name: string): string {
  return `${ruleOf(OWNER_CHANGED)},arg0='${name}'`;
}

export const DRIVER = 'org.freedesktop.DBus';
export const DRIVER_PATH = '/org/freedesktop/DBus';
export const OWNER_CHANGED: SignalMatch = {
  sender: DRIVER,
  interface: DRIVER,
  member: 'NameOwnerChanged',
  path: DRIVER_PATH,
};
